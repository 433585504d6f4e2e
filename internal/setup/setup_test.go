package setup

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"
	yamlv3 "go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files anew")

func plan() Plan {
	return Plan{
		BaseURL: "https://sikker.example.dk", Tenant: "7e4a4700-0000-4000-8000-000000000001", Domains: []string{"example.dk", "its.example.dk"},
		Organisation: "Universitetet Eksempel", Mailboxes: []string{"sikkermail@its.example.dk", "o'brien+sikker@example.dk"}, Outside: "anna@example.dk",
	}
}

func TestWhatIsWrittenIsAsItWasReadLast(t *testing.T) {
	t.Parallel()
	files, err := Files(plan())
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 5 {
		t.Errorf("%d files", len(files))
	}
	for name, text := range files {
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != string(text) {
			t.Errorf("%s is another than %s (%v): read the difference, and run with -update", name, golden, err)
		}
	}
}

// A script that stops in the middle because of a name that nobody has is found when it is too late.
func TestTheScriptsCallOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	known := strings.Fields(`Set-StrictMode Connect-MgGraph Get-MgContext Get-MgApplication New-MgApplication Update-MgApplication Get-MgServicePrincipal New-MgServicePrincipal
		Get-MgServicePrincipalAppRoleAssignment New-MgServicePrincipalAppRoleAssignment Where-Object ForEach-Object Write-Host Write-Warning Write-Error Resolve-Path Join-Path ConvertTo-Json
		ConvertFrom-Json Set-Content Get-Content Connect-ExchangeOnline Get-ServicePrincipal New-ServicePrincipal Get-EXOMailbox New-Mailbox Set-Mailbox Set-CASMailbox Get-ManagementScope
		New-ManagementScope Get-ManagementRoleAssignment New-ManagementRoleAssignment Test-ServicePrincipalAuthorization Install-Module Get-OwnApplication Get-OwnServicePrincipal Test-Reach`)
	command := regexp.MustCompile(`\b[A-Z][a-z]+-[A-Z][A-Za-z]+\b`)
	files, err := Files(plan())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, text := range files {
		if filepath.Ext(name) != ".ps1" {
			continue
		}
		for _, c := range command.FindAllString(string(text), -1) {
			seen++
			if !contains(known, c) {
				t.Errorf("%s calls %s", name, c)
			}
		}
		for i, b := range text {
			if b >= 0x80 || b < 0x20 && b != '\n' {
				t.Fatalf("%s: byte %d is no plain ASCII", name, i)
			}
		}
		for _, pair := range []string{"{}", "()"} {
			if strings.Count(string(text), pair[:1]) != strings.Count(string(text), pair[1:]) {
				t.Errorf("%s: %s do not match", name, pair)
			}
		}
	}
	if seen < 40 {
		t.Errorf("%d calls were seen", seen)
	}
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func TestPowerShellItselfReadsTheScripts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pwsh"); err != nil {
		t.Skip("pwsh is not here: learn.microsoft.com/powershell/scripting/install")
	}
	folder := filepath.Join(t.TempDir(), "out")
	if err := Write(plan(), folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1-entra.ps1", "2-exchange.ps1", "3-test.ps1"} {
		const parse = `$e = $null; $null = [System.Management.Automation.Language.Parser]::ParseFile($args[0], [ref]$null, [ref]$e); $e | ForEach-Object { $_.ToString() }; exit $e.Count`
		if out, err := exec.Command("pwsh", "-NoProfile", "-Command", parse, filepath.Join(folder, name)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestWhatIsNoPlanIsRefusedWithTheFlagsName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spoil func(*Plan)
		flag  string
	}{
		"http":                      {func(p *Plan) { p.BaseURL = "http://sikker.example.dk" }, "--base-url"},
		"a path":                    {func(p *Plan) { p.BaseURL = "https://sikker.example.dk/x" }, "--base-url"},
		"a user":                    {func(p *Plan) { p.BaseURL = "https://a@sikker.example.dk" }, "--base-url"},
		"a quote in the host":       {func(p *Plan) { p.BaseURL = "https://sikker'.example.dk" }, "--base-url"},
		"a variable in the host":    {func(p *Plan) { p.BaseURL = "https://$(calc).example.dk" }, "--base-url"},
		"upper case":                {func(p *Plan) { p.BaseURL = "https://Sikker.example.dk" }, "--base-url"},
		"no tenant":                 {func(p *Plan) { p.Tenant = "example.onmicrosoft.com" }, "--tenant"},
		"a tenant in braces":        {func(p *Plan) { p.Tenant = "{7e4a4700-0000-4000-8000-000000000001}" }, "--tenant"},
		"no domain":                 {func(p *Plan) { p.Domains = nil }, "--domain"},
		"a domain with a quote":     {func(p *Plan) { p.Domains[0] = "example.dk'; x" }, "--domain"},
		"a name of two lines":       {func(p *Plan) { p.Organisation = "a\nb" }, "--organisation"},
		"a name that hides":         {func(p *Plan) { p.Organisation = "a\u202eb" }, "--organisation"},
		"a name that is no text":    {func(p *Plan) { p.Organisation = "a\xff" }, "--organisation"},
		"a long name":               {func(p *Plan) { p.Organisation = strings.Repeat("x", 126) }, "--organisation"},
		"somebody else's mailbox":   {func(p *Plan) { p.Mailboxes[0] = "x@partner.example" }, "--mailbox"},
		"a mailbox that is a trick": {func(p *Plan) { p.Mailboxes[0] = "x' ; Remove-Mailbox *@example.dk" }, "--mailbox"},
		"too many":                  {func(p *Plan) { p.Mailboxes = make([]string, 501) }, "--mailbox"},
		"one of ours outside":       {func(p *Plan) { p.Outside = "Sikkermail@its.example.dk" }, "--outside"},
	}
	for name, c := range cases {
		p := plan()
		c.spoil(&p)
		if _, err := Files(p); err == nil || !strings.Contains(err.Error(), c.flag+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// evaluate reads an expression of the kind that powershell writes, by PowerShell's rules for single quotes, and nothing else.
func evaluate(t *testing.T, expression string) string {
	t.Helper()
	rest := strings.TrimSuffix(strings.TrimPrefix(expression, "("), ")")
	if expression[0] != '(' {
		rest = expression
	}
	var out strings.Builder
	number := regexp.MustCompile(`^(?:\[string\]\[char\]0x([0-9A-F]{4})|\[char\]::ConvertFromUtf32\(0x([0-9A-F]{5,6})\))`)
	for {
		if strings.HasPrefix(rest, "'") {
			end := strings.IndexAny(rest[1:], "'\u2018\u2019\u201a\u201b")
			if end < 0 {
				t.Fatalf("the text does not end: %s", expression)
			}
			out.WriteString(rest[1 : 1+end])
			rest = rest[end+2:]
		} else if m := number.FindStringSubmatch(rest); m != nil {
			n, err := strconv.ParseInt(m[1]+m[2], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			out.WriteRune(rune(n))
			rest = rest[len(m[0]):]
		} else {
			t.Fatalf("not read: %s of %s", rest, expression)
		}
		if rest == "" {
			return out.String()
		}
		if !strings.HasPrefix(rest, " + ") {
			t.Fatalf("something follows the text: %s of %s", rest, expression)
		}
		rest = rest[3:]
	}
}

// FuzzQuoting: whatever a name is, it stands in a script as that text and nothing else, and in the settings too.
func FuzzQuoting(f *testing.F) {
	for _, s := range []string{"", "x", "'", "''; Remove-Mailbox *", "\u2019; calc; \u2018", "$(calc)", "`", "\"@", "Universitetet i Ålborg", "đ", "😀", "a\nb", "\x00", "#", "<# #>", "(x)", "@('a')", ": - {[", "\u2028", "@API@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // refused before
		}
		quoted := powershell(s)
		for _, b := range []byte(quoted) {
			if b < 0x20 || b > 0x7e {
				t.Fatalf("%q is no plain ASCII", quoted)
			}
		}
		if got := evaluate(t, quoted); got != s {
			t.Fatalf("%q became %q by %s", s, got, quoted)
		}
		var read map[string]string
		if err := yaml3(yaml(s), &read); err != nil || read["a"] != s {
			t.Fatalf("%q became %q: %v", s, read["a"], err)
		}
		p := plan()
		p.Organisation, p.Tenant = s, uuid.NewString()
		files, err := Files(p)
		if err != nil {
			return
		}
		for name, text := range files {
			if strings.Count(string(text), "\n") > 200 {
				t.Errorf("%s has grown", name)
			}
		}
	})
}

func yaml3(scalar string, into any) error { return yamlv3.Unmarshal([]byte("a: "+scalar+"\n"), into) }
