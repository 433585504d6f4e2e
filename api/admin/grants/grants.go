package grants

import (
	"context"
	"embed"
	"io/fs"
	"net/http"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

//go:embed views/*.html
var files embed.FS

const listPath = "/admin/grants"

// Store is what the page reads. *store.Store is one.
type Store interface {
	MailboxesIn(ctx context.Context, scope store.Scope) ([]store.Mailbox, error)
	Grants(ctx context.Context, mailboxID string) ([]store.Grant, error)
	LocalAdministrators(ctx context.Context, mailboxID string) ([]store.LocalAdministrator, error)
}

// Deps is what the page needs.
type Deps struct {
	Store Store
	Admin func(actor audit.Actor) mailbox.Admin
	Book  mailbox.Book
}

type page struct{ Deps }

// Page is the grants.
func Page(d Deps) frame.Page {
	p := page{d}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	const changes = frame.Local | frame.Administrator
	return frame.Page{
		Path: listPath, Name: fault.Sentence{DA: "Adgange", EN: "Grants"}, Who: frame.Readers, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: listPath, Who: frame.Readers, Serve: p.list},
			{Method: http.MethodGet, Path: listPath + "/{id}", Who: frame.Readers, Serve: p.one},
			{Method: http.MethodPost, Path: listPath + "/{id}/give", Who: changes, Serve: p.give},
			{Method: http.MethodGet, Path: listPath + "/{id}/take", Who: changes, Serve: p.ask},
			{Method: http.MethodPost, Path: listPath + "/{id}/take", Who: changes, Serve: p.take},
			{Method: http.MethodPost, Path: listPath + "/{id}/appoint", Who: frame.Administrator, Serve: p.appoint},
			{Method: http.MethodPost, Path: listPath + "/{id}/dismiss", Who: frame.Administrator, Serve: p.dismiss},
		},
	}
}

func (p page) seen(r *http.Request, v frame.Visitor) (store.Mailbox, error) {
	list, err := p.Store.MailboxesIn(r.Context(), v.Scope())
	if err != nil {
		return store.Mailbox{}, frame.Away(err)
	}
	for _, m := range list {
		if m.ID == r.PathValue("id") {
			return m, nil
		}
	}
	return store.Mailbox{}, absent()
}

func (p page) changed(r *http.Request, v frame.Visitor) (store.Mailbox, error) {
	m, err := p.seen(r, v)
	if err == nil && !v.Manages(m.ID) {
		err = absent()
	}
	return m, err
}

func absent() error {
	return fault.New(fault.NotFound, "no_such_mailbox", fault.Sentence{
		DA: "Den postkasse findes ikke her, eller den er ikke din at se efter.", EN: "There is no such mailbox here, or it is not yours to look after.",
	}, nil)
}
