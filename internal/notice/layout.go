package notice

// layout is the page. Classic Outlook draws it with Word: tables carry the layout, widths are attributes, padding stands on
// cells only, and every style is inline. The style element is for dark mode alone, and losing it loses nothing: every
// colour of text stands beside the colour of its ground. Nothing is fetched from anywhere. bdi keeps a name that reads from
// right to left from moving its neighbours. What happened is said in words; colours only repeat it.
const layout = `<!DOCTYPE html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{.Title}}</title>
<style>
@media (prefers-color-scheme: dark) {
  .ground { background-color: #1b1b1b !important; }
  .sheet { background-color: #262626 !important; color: #f0f0f0 !important; }
  .soft { background-color: #262626 !important; color: #c4c4c4 !important; }
  .line { border-color: #4a4a4a !important; }
}
</style>
</head>
<body class="ground" bgcolor="#f3f4f6" style="margin:0;padding:0;background-color:#f3f4f6;">
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f4f6" style="background-color:#f3f4f6;">
<tr><td align="center" style="padding:24px 12px;">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;border-collapse:collapse;">
{{- range $i, $block := .Blocks}}
{{- if $i}}
<tr><td style="padding:0;font-size:16px;line-height:16px;">&nbsp;</td></tr>
{{- end}}
<tr><td lang="{{.Language}}" {{if $.Error}}bgcolor="#9b1c1c" style="background-color:#9b1c1c;{{else}}bgcolor="#17603a" style="background-color:#17603a;{{end}}color:#ffffff;padding:18px 24px;font-family:'Segoe UI',Arial,sans-serif;font-size:20px;line-height:26px;font-weight:600;">{{.Headline}}</td></tr>
<tr><td lang="{{.Language}}" class="sheet" bgcolor="#ffffff" style="background-color:#ffffff;color:#1f2328;padding:8px 24px 20px 24px;font-family:'Segoe UI',Arial,sans-serif;font-size:15px;line-height:22px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
{{- range .Groups}}
<tr><td class="sheet" style="padding:14px 0 2px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:17px;line-height:24px;font-weight:600;color:#1f2328;">{{.Heading}}</td></tr>
{{- if not .Good}}
<tr><td class="sheet" style="padding:0 0 6px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:15px;line-height:22px;color:#1f2328;">{{.Lead}}</td></tr>
{{- end}}
{{- $group := .}}
{{- range .Rows}}
<tr><td style="padding:5px 0;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td width="4" {{if $group.Bad}}bgcolor="#c62828" style="background-color:#c62828;{{else if $group.Unclear}}bgcolor="#b7791f" style="background-color:#b7791f;{{else}}bgcolor="#2e8b57" style="background-color:#2e8b57;{{end}}width:4px;font-size:1px;line-height:1px;">&nbsp;</td>
<td class="sheet" style="padding:2px 0 2px 12px;font-family:'Segoe UI',Arial,sans-serif;font-size:15px;line-height:22px;color:#1f2328;word-break:break-word;">
{{- if .Name}}<b><bdi>{{.Name}}</bdi></b> <span class="soft" style="color:#57606a;">&lt;<bdi>{{.Address}}</bdi>&gt;</span>{{else}}<b><bdi>{{.Address}}</bdi></b>{{end}}<br>
{{.How}}{{if .When}}<br><span class="soft" style="font-size:13px;line-height:18px;color:#57606a;">{{.When}}</span>{{end}}</td>
</tr></table>
</td></tr>
{{- end}}
{{- if .Colleagues}}
<tr><td class="sheet" style="padding:5px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:15px;line-height:22px;color:#1f2328;">{{.Colleagues}}</td></tr>
{{- end}}
{{- if .Good}}
<tr><td class="soft" style="padding:4px 0 6px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:13px;line-height:18px;color:#57606a;">{{.Lead}}</td></tr>
{{- end}}
{{- end}}
</table>
<table role="presentation" class="line" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-top:1px solid #d0d7de;">
<tr><td colspan="2" style="padding:0;font-size:10px;line-height:10px;">&nbsp;</td></tr>
{{- range .Facts}}
<tr><td class="soft" width="30%" valign="top" style="width:30%;padding:2px 12px 2px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:14px;line-height:20px;color:#57606a;">{{.Label}}</td>
<td class="sheet" valign="top" style="padding:2px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:14px;line-height:20px;color:#1f2328;word-break:break-word;"><bdi>{{.Value}}</bdi></td></tr>
{{- end}}
<tr><td class="soft" colspan="2" style="padding:6px 0 0 0;font-family:'Segoe UI',Arial,sans-serif;font-size:12px;line-height:16px;color:#57606a;">{{.Clock}}</td></tr>
</table>
</td></tr>
{{- end}}
<tr><td style="padding:0;font-size:16px;line-height:16px;">&nbsp;</td></tr>
<tr><td class="soft" bgcolor="#ffffff" style="background-color:#ffffff;color:#57606a;padding:14px 24px 16px 24px;font-family:'Segoe UI',Arial,sans-serif;font-size:12px;line-height:17px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td class="soft" colspan="2" style="padding:0 0 6px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:13px;line-height:18px;font-weight:600;color:#57606a;">{{.Details.Heading}}</td></tr>
{{- range .Details.Facts}}{{template "small" .}}{{end}}
{{- range .Details.Holders}}
<tr><td class="soft" colspan="2" style="padding:10px 0 2px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:12px;line-height:17px;font-weight:600;color:#57606a;word-break:break-all;"><bdi>{{.Address}}</bdi></td></tr>
{{- range $i, $certificate := .Certificates}}
{{- if $i}}
<tr><td colspan="2" style="padding:0;font-size:6px;line-height:6px;">&nbsp;</td></tr>
{{- end}}
{{- range $certificate}}{{template "small" .}}{{end}}
{{- end}}
{{- end}}
</table>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
{{define "small"}}
<tr><td class="soft" width="26%" valign="top" style="width:26%;padding:1px 12px 1px 0;font-family:'Segoe UI',Arial,sans-serif;font-size:12px;line-height:17px;color:#57606a;">{{.Label}}</td>
<td class="soft" valign="top" style="padding:1px 0;font-family:Consolas,'Courier New',monospace;font-size:12px;line-height:17px;color:#57606a;word-break:break-word;"><bdi>{{.Value}}</bdi></td></tr>
{{- end}}`
