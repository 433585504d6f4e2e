package outlook

import (
	"html"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The line that a mail carries when it was opened after it had travelled sealed. A reply quotes it, and the guard looks for it:
// header fields are not copied to a reply.
const (
	markerDanish  = "[Modtaget sikkert · Send sikker]"
	markerEnglish = "[Received securely · Send sikker]"
)

type boxAnswer struct {
	Box
	Letters []letterLine `json:"letters"` // newest first
}

type letterLine struct {
	N       int       `json:"n"`
	Folder  string    `json:"folder"`
	From    string    `json:"from"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Sealed  bool      `json:"sealed"`
}

// arrived lists what lies in every mailbox.
func (p *page) arrived(w http.ResponseWriter, _ *http.Request) {
	list := []boxAnswer{}
	for _, box := range p.Mail.Boxes() {
		a := boxAnswer{Box: box, Letters: []letterLine{}}
		letters := p.Mail.Letters(box.Address)
		for n := len(letters) - 1; n >= 0; n-- {
			l := letters[n]
			a.Letters = append(a.Letters, letterLine{N: n, Folder: l.Folder, From: l.From, Subject: l.Subject, At: l.At, Sealed: l.Sealed})
		}
		list = append(list, a)
	}
	answer(w, list)
}

type letterAnswer struct {
	letterLine
	To      []string  `json:"to"`
	Wire    string    `json:"wire"`
	Opened  bool      `json:"opened"`
	Marker  [2]string `json:"marker"` // Danish, English; empty where it did not travel sealed
	Layers  []Layer   `json:"layers"`
	Signer  string    `json:"signer"`
	Files   []File    `json:"files"`
	HTML    string    `json:"html"` // for a reply to quote; shown it is only by body
	Failure string    `json:"failure"`
}

// find reads which letter is asked for.
func (p *page) find(w http.ResponseWriter, r *http.Request) (address string, n int, l Letter, found bool) {
	address = r.URL.Query().Get("address")
	letters := p.Mail.Letters(address)
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 || n >= len(letters) {
		http.NotFound(w, r)
		return "", 0, Letter{}, false
	}
	return address, n, letters[n], true
}

func (p *page) letter(w http.ResponseWriter, r *http.Request) {
	address, n, l, found := p.find(w, r)
	if !found {
		return
	}
	a := letterAnswer{
		letterLine: letterLine{N: n, Folder: l.Folder, From: l.From, Subject: l.Subject, At: l.At, Sealed: l.Sealed}, To: l.To, Wire: l.Wire,
		Layers: []Layer{}, Files: []File{},
	}
	if o, err := p.Mail.Open(address, n); err != nil {
		a.Failure = err.Error()
	} else {
		a.Opened, a.Signer, a.HTML = true, o.Signer, o.content()
		a.Layers, a.Files = append(a.Layers, o.Layers...), append(a.Files, o.Files...)
		if l.Sealed {
			a.Marker = [2]string{markerDanish, markerEnglish}
		}
	}
	answer(w, a)
}

func (o Opened) content() string {
	if o.HTML != "" {
		return o.HTML
	}
	return "<pre>" + html.EscapeString(o.Text) + "</pre>"
}

// body is the content of an opened mail, for a frame. Mail is hostile, invented or not: it has no script, no origin, and
// fetches nothing.
func (p *page) body(w http.ResponseWriter, r *http.Request) {
	address, n, l, found := p.find(w, r)
	if !found {
		return
	}
	o, err := p.Mail.Open(address, n)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity) // loopback, and all data is invented
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	marker := ""
	switch english := r.URL.Query().Get("lang") == "en"; {
	case !l.Sealed:
	case english:
		h.Set("X-Send-Sikker", "opened")
		marker = markerEnglish
	default:
		h.Set("X-Send-Sikker", "opened")
		marker = markerDanish
	}
	content := o.content()
	for id, picture := range o.Pictures {
		content = strings.NewReplacer(`"cid:`+id+`"`, `"`+picture+`"`, `'cid:`+id+`'`, `"`+picture+`"`).Replace(content)
	}
	_ = bodyPage().Execute(w, map[string]any{"Marker": marker, "Content": template.HTML(content)})
}

func bodyPage() *template.Template {
	return template.Must(template.New("body").Parse(`<!doctype html>
<meta charset="utf-8">
<title>Mail</title>
<style>
body { margin: .75rem; font: .95rem/1.5 "Segoe UI", system-ui, sans-serif; color: #242424; background: #fff; overflow-wrap: anywhere; }
pre { font: inherit; white-space: pre-wrap; margin: 0; }
img { max-width: 100%; }
.marker { color: #0b5a2b; font-size: .85rem; margin: 0 0 .75rem; }
</style>
{{with .Marker}}<p class="marker">{{.}}</p>
{{end}}{{.Content}}
`))
}
