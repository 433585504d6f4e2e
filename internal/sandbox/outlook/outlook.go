package outlook

import (
	"embed"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"
)

//go:embed dist
var built embed.FS

// Person is somebody who can sit in front of this Outlook.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Object  string `json:"object"` // oid
	Tenant  string `json:"tenant"`
}

// Token is what a sign-in gives.
type Token struct {
	Access, ID string
	Lifetime   time.Duration
}

// People gives who can sign in. As a token it gives the one for the API with the scopes asked for; wrong makes it one that the
// service turns away.
type People interface {
	People() []Person
	Token(address, client string, wrong bool) (Token, error)
}

// Box is a mailbox that can be looked into.
type Box struct {
	Address string `json:"address"`
	Danish  string `json:"da"` // what is special about it
	English string `json:"en"`
	Own     bool   `json:"own"` // a function mailbox of the university's
}

// Letter is a mail in a mailbox.
type Letter struct {
	Folder, From, Subject string
	To                    []string
	At                    time.Time
	Sealed                bool
	Wire                  string // the beginning, as it travelled
}

// Layer says what one layer of protection was.
type Layer struct {
	Danish  string `json:"da"`
	English string `json:"en"`
	With    string `json:"with"`
	Bad     bool   `json:"bad"`
}

// File is an attachment of an opened mail.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// Opened is a mail as its reader sees it.
type Opened struct {
	Layers     []Layer
	Signer     string
	Text, HTML string
	Files      []File
	Pictures   map[string]string // data: addresses by content id
}

// Mail is the mailboxes.
type Mail interface {
	Boxes() []Box
	Letters(address string) []Letter
	Open(address string, n int) (Opened, error)
	Post(from string, to []string, raw []byte) error
}

// Deps is what the page needs.
type Deps struct {
	People  People
	Mail    Mail
	Service http.Handler // what everything outside /outlook is for
	Now     func() time.Time
}

type page struct {
	Deps
	files fs.FS
}

// New makes the handler.
func New(d Deps) http.Handler {
	files, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // a constant path in an embedded folder
	}
	p := &page{Deps: d, files: files}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /outlook", p.front)
	mux.HandleFunc("GET /outlook/{$}", p.front)
	for name, kind := range map[string]string{"main.js": "text/javascript", "office.js": "text/javascript", "worker.js": "text/javascript", "outlook.css": "text/css"} {
		mux.HandleFunc("GET /outlook/"+name, p.file(name, kind+"; charset=utf-8"))
	}
	mux.HandleFunc("GET /outlook/world", p.world)
	mux.HandleFunc("POST /outlook/token", p.token)
	mux.HandleFunc("POST /outlook/send", p.send)
	mux.HandleFunc("GET /outlook/arrived", p.arrived)
	mux.HandleFunc("GET /outlook/arrived/letter", p.letter)
	mux.HandleFunc("GET /outlook/arrived/body", p.body)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/outlook" && !strings.HasPrefix(r.URL.Path, "/outlook/") {
			p.weather(w, r)
			return
		}
		if !fromHere(r) {
			http.Error(w, "the sandbox's Outlook gives everybody a token: it answers this machine alone", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})
}

// fromHere is true for a caller on this machine who used a name of this machine. The name too: a page elsewhere may have its own
// name lead to 127.0.0.1, and would then be of the same origin as what it reads.
func fromHere(r *http.Request) bool {
	caller, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !net.ParseIP(caller).IsLoopback() {
		return false
	}
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	return name == "localhost" || net.ParseIP(strings.Trim(name, "[]")).IsLoopback()
}

// front is the page. Nothing in it comes from elsewhere, and no script or style stands in it.
func (p *page) front(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "+
		"frame-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	p.file("outlook.html", "text/html; charset=utf-8")(w, r)
}

func (p *page) file(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		content, err := fs.ReadFile(p.files, name)
		if err != nil {
			http.Error(w, "the page has not been built: run npm run build in addin", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", kind)
		if name == "worker.js" {
			// A worker has a policy of its own: the guard, and nothing else. It asks nobody anything.
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'")
		}
		_, _ = w.Write(content)
	}
}
