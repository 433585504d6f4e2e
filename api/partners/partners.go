package partners

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/mailbox"
)

// The paths, as partners have them in their bookmarks and mails.
const (
	pagePath  = "/certificates"
	stylePath = "/certificates/style.css"
)

// Mailboxes lists the organisation's function mailboxes. *mailbox.Registry is one.
type Mailboxes interface {
	Own(ctx context.Context) ([]mailbox.Mailbox, error)
}

// Deps is what the page needs.
type Deps struct {
	Mailboxes    Mailboxes
	Organisation string // shown in headings and in the vCard; may be ""
	PublicURL    string // such as https://sikkermail.aau.dk, no path; "" leaves links to other languages relative
	Now          func() time.Time
	Log          *slog.Logger // nil: not logged
}

// pages answers everything below /certificates. It is safe for concurrent use.
type pages struct {
	organisation string
	base         string
	now          func() time.Time
	log          *slog.Logger
	shelf        *shelf
	speech       speech
	templates    *template.Template
}

// New makes the handler. It takes the full path, as it came.
func New(d Deps) http.Handler {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	p := &pages{
		organisation: d.Organisation, base: strings.TrimSuffix(d.PublicURL, "/"), now: d.Now, log: d.Log,
		shelf: newShelf(d.Mailboxes, d.Now, d.Log), speech: newSpeech(), templates: readTemplates(),
	}
	counted := limited(p.busy)(http.HandlerFunc(p.serve))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The style is not counted: it costs nothing, and the page that says "too many requests" wants it too.
		if r.URL.Path == stylePath && reads(r) {
			send(w, r, content{Type: "text/css; charset=utf-8", Body: styleSheet})
			return
		}
		counted.ServeHTTP(w, r)
	})
}

func (p *pages) serve(w http.ResponseWriter, r *http.Request) {
	file, isFile := strings.CutPrefix(r.URL.Path, pagePath+"/")
	switch {
	case !reads(r):
		p.absent(w, r) // as in package api: what does not exist is 404, whatever the method
	case r.URL.Path == pagePath:
		p.list(w, r)
	case isFile:
		p.download(w, r, file)
	default:
		p.absent(w, r)
	}
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }
