package mailboxes

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keyfile"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

//go:embed views/*.html
var files embed.FS

const (
	listPath = "/admin/mailboxes"
	// maxUpload is two files and the rest of the form.
	maxUpload = 2*keyfile.MaxBytes + 64<<10
	// maxImports at a time on one machine: to open a key file may take a processor for seconds, and mail is sealed by the same ones.
	maxImports  = 2
	importRetry = 10 * time.Second
	// fresh is the id of a mailbox that is not here yet.
	fresh = "new"
)

// Store lists those that a visitor may see. *store.Store is one.
type Store interface {
	MailboxesIn(ctx context.Context, scope store.Scope) ([]store.Mailbox, error)
}

// Tried is one line of what a test mail showed.
type Tried struct {
	OK                bool
	What, Detail, Fix fault.Sentence
}

// Deps is what the page needs.
type Deps struct {
	Store        Store
	Admin        func(actor audit.Actor) mailbox.Admin
	Book         mailbox.Book // nil: the directory is not searched
	Try          func(ctx context.Context, actor audit.Actor, address string) ([]Tried, error)
	Organisation string
	Now          func() time.Time
}

type page struct {
	Deps
	zone    *time.Location
	imports chan struct{}
	tries   chan struct{}
}

// Page is the mailboxes.
func Page(d Deps) frame.Page {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		zone = time.UTC // the frame has found it, or has not started
	}
	p := page{Deps: d, zone: zone, imports: make(chan struct{}, maxImports), tries: make(chan struct{}, maxTries)}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	const one, key = listPath + "/{id}", listPath + "/{id}/keys/{key}"
	const changes = frame.Local | frame.Administrator
	return frame.Page{
		Path: listPath, Name: fault.Sentence{DA: "Postkasser", EN: "Mailboxes"}, Who: frame.Readers, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: listPath, Who: frame.Readers, Serve: p.list},
			{Method: http.MethodGet, Path: one, Who: frame.Readers, Serve: p.one},
			{Method: http.MethodGet, Path: one + "/key", Who: changes, Serve: p.keyForm},
			{Method: http.MethodPost, Path: one + "/import", Who: changes, Serve: p.imported, Body: maxUpload},
			{Method: http.MethodPost, Path: one + "/request", Who: changes, Serve: p.requested},
			{Method: http.MethodGet, Path: key, Who: changes, Serve: p.key},
			{Method: http.MethodPost, Path: key, Who: changes, Serve: p.use},
			{Method: http.MethodGet, Path: key + "/request.csr", Who: changes, Serve: p.download},
			{Method: http.MethodGet, Path: key + "/drop", Who: changes, Serve: p.askDrop},
			{Method: http.MethodPost, Path: key + "/drop", Who: changes, Serve: p.drop},
			{Method: http.MethodGet, Path: one + "/settings", Who: changes, Serve: p.settings},
			{Method: http.MethodPost, Path: one + "/settings", Who: changes, Serve: p.set},
			{Method: http.MethodPost, Path: one + "/try", Who: changes, Serve: p.try},
		},
	}
}

// seen finds a mailbox among those that the visitor may see.
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

// changed is seen for a change. Of a mailbox that is not here yet it gives only the id "new", and to administrators alone.
func (p page) changed(r *http.Request, v frame.Visitor) (store.Mailbox, error) {
	if r.PathValue("id") == fresh {
		if !v.Is(frame.Administrator) {
			return store.Mailbox{}, absent()
		}
		return store.Mailbox{ID: fresh}, nil
	}
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

// wrong gives the sentences beside the fields of a form, by name; what is no fault of the form stays an error.
func wrong(err error) (faults, error) {
	f := fault.From(err)
	if len(f.Fields) == 0 {
		return nil, err
	}
	all := faults{}
	for _, field := range f.Fields {
		say := all[field.Name]
		if say.DA != "" {
			say.DA, say.EN = say.DA+" ", say.EN+" "
		}
		all[field.Name] = fault.Sentence{DA: say.DA + field.Say.DA, EN: say.EN + field.Say.EN}
	}
	return all, nil
}

// faults are what is wrong with the fields of a form, by name.
type faults map[string]fault.Sentence

// At is what is wrong with one field, or nil.
func (f faults) At(name string) *fault.Sentence {
	say, is := f[name]
	if !is {
		return nil
	}
	return &say
}
