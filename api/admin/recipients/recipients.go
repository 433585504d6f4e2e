package recipients

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

//go:embed views/*.html
var files embed.FS

const (
	listPath = "/admin/recipients"
	pageSize = 50
	soon     = 60 * 24 * time.Hour // the overview's last column
	// maxFile holds a certificate with a chain of its issuers many times over; maxForm what a browser writes around it.
	maxFile = 256 << 10
	maxForm = maxFile + 64<<10
)

// Shelf keeps the certificates. *shelf.Shelf is one.
type Shelf interface {
	List(ctx context.Context, q store.CertificateQuery) ([]shelf.Entry, error)
	One(ctx context.Context, id string) (shelf.Entry, error)
	Pin(ctx context.Context, actor audit.Actor, p shelf.Pinning) (shelf.Entry, trust.Verdict, error)
	Approve(ctx context.Context, actor audit.Actor, id string, how shelf.Trust) (shelf.Entry, error)
	Delete(ctx context.Context, actor audit.Actor, id string) error
}

// Deps is what the page needs.
type Deps struct {
	Shelf Shelf
	Now   func() time.Time
}

type page struct{ Deps }

// Page is the list, one certificate, and what may be done with it.
func Page(d Deps) frame.Page {
	p := page{d}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	const readers, writers = frame.Administrator | frame.Auditor, frame.Administrator
	return frame.Page{
		Path: listPath, Name: fault.Sentence{DA: "Modtageres certifikater", EN: "Recipients' certificates"}, Who: readers, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: listPath, Who: readers, Serve: p.list},
			{Method: http.MethodPost, Path: listPath, Who: writers, Serve: p.pin, Body: maxForm},
			{Method: http.MethodGet, Path: listPath + "/{id}", Who: readers, Serve: p.one},
			{Method: http.MethodPost, Path: listPath + "/{id}/approve", Who: writers, Serve: p.approve},
			{Method: http.MethodPost, Path: listPath + "/{id}/delete", Who: writers, Serve: p.delete},
		},
	}
}
