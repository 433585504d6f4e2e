package directories

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

//go:embed views/*.html
var files embed.FS

const listPath = "/admin/directories"

// Source is somebody who is asked for certificates over the network, and what came of it last.
type Source struct {
	Name    string // as candidates bear it
	Server  string // host:port
	TLS     string // "ldaps", "starttls" or "off"; "" for DNS
	Base    string
	LogsIn  bool
	Vouches []string // the trust profiles that may vouch for what it has; nil is all
	At      time.Time
	Took    time.Duration
	Trouble *fault.Fault // nil: it answered
}

// Deps is what the page needs.
type Deps struct {
	Sources    func() []Source
	Profiles   func() []trust.Profile // those that judge now
	Lists      func() []crl.Held
	Responders func() []ocsp.Held
	// Try asks one source, about an address where there is one, and logs that.
	Try func(ctx context.Context, actor audit.Actor, source, address string) (certs.Tried, error)
	Now func() time.Time
}

type page struct {
	Deps
	trying *sync.Mutex // one question at a time: a page must not be what keeps a directory busy
}

// Page is the state, and the test of one source.
func Page(d Deps) frame.Page {
	p := page{Deps: d, trying: &sync.Mutex{}}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	const readers = frame.Administrator | frame.Auditor
	return frame.Page{
		Path: listPath, Name: fault.Sentence{DA: "Kataloger og tillid", EN: "Directories and trust"}, Who: readers, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: listPath, Who: readers, Serve: p.list},
			{Method: http.MethodPost, Path: listPath + "/try", Who: frame.Administrator, Serve: p.try},
		},
	}
}
