package auditlog

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

//go:embed views/*.html
var files embed.FS

const (
	listPath = "/admin/audit"
	filePath = "/admin/audit/file"

	// exportTime lets a million rows through at 10 Mbit/s, as the API does.
	exportTime = 10 * time.Minute
	// maxExports at a time on one machine: each reads the log from end to end.
	maxExports = 2
)

// Store is read a page at a time. *store.Store is one.
type Store interface {
	AuditPage(ctx context.Context, f store.AuditFilter, before uint64, limit int) ([]store.AuditRow, error)
	AuditActions(ctx context.Context) ([]string, error)
	MailboxesIn(ctx context.Context, scope store.Scope) ([]store.Mailbox, error)
}

// Ledger is the log as proof. *ledger.Ledger is one.
type Ledger interface {
	State(ctx context.Context) (ledger.State, error)
	Export(ctx context.Context, actor audit.Actor, to io.Writer, format ledger.Format, s ledger.Selection) error
}

// Deps is what the page needs.
type Deps struct {
	Store  Store
	Ledger Ledger
	Now    func() time.Time
	Log    *slog.Logger
}

type page struct {
	Deps
	zone    *time.Location
	exports chan struct{}
}

// Page is the audit log.
func Page(d Deps) frame.Page {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		zone = time.UTC // the frame has found it, or has not started
	}
	p := page{Deps: d, zone: zone, exports: make(chan struct{}, maxExports)}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	const who = frame.Auditor | frame.Administrator
	return frame.Page{
		Path: listPath, Name: fault.Sentence{DA: "Revisionslog", EN: "Audit log"}, Who: who, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: listPath, Who: who, Serve: p.list},
			{Method: http.MethodGet, Path: filePath, Who: who, Serve: p.file},
		},
	}
}
