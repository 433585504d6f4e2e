package messages

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

//go:embed views/*.html
var files embed.FS

const listPath = "/admin/messages"

// Sending knows the messages. *sending.Service is one.
type Sending interface {
	Search(ctx context.Context, q store.MessageSearch) ([]sending.Inspection, error)
	Inspect(ctx context.Context, scope store.Scope, id string, entitled func(mailboxID string) bool) (sending.Inspection, error)
	Resolve(ctx context.Context, c mailbox.Caller, deliveryID string, arrived bool) error
	AskNotice(ctx context.Context, c mailbox.Caller, messageID string, before time.Time) error
}

// Mailboxes lists those that a visitor may choose from. *store.Store is one.
type Mailboxes interface {
	MailboxesIn(ctx context.Context, scope store.Scope) ([]store.Mailbox, error)
}

// Deps is what the page needs.
type Deps struct {
	Sending   Sending
	Mailboxes Mailboxes
	Now       func() time.Time
}

type page struct {
	Deps
	zone *time.Location
}

// Page is the list, one message, and the decision about a copy.
func Page(d Deps) frame.Page {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		zone = time.UTC // the frame has found it, or has not started
	}
	p := page{Deps: d, zone: zone}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	return frame.Page{
		Path: listPath, Name: fault.Sentence{DA: "Beskeder", EN: "Messages"}, Who: frame.Readers, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: listPath, Who: frame.Readers, Serve: p.list},
			{Method: http.MethodGet, Path: listPath + "/{id}", Who: frame.Readers, Serve: p.one},
			{Method: http.MethodGet, Path: listPath + "/{id}/copies/{copy}", Who: frame.Local | frame.Administrator, Serve: p.ask},
			{Method: http.MethodPost, Path: listPath + "/{id}/copies/{copy}", Who: frame.Local | frame.Administrator, Serve: p.decide},
			{Method: http.MethodPost, Path: listPath + "/{id}/notice", Who: frame.Local | frame.Administrator, Serve: p.notice},
		},
	}
}
