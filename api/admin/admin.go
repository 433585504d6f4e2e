package admin

import (
	"context"
	"log/slog"
	"time"

	"aau.dk/sendsikker/api/admin/auditlog"
	"aau.dk/sendsikker/api/admin/directories"
	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/api/admin/grants"
	"aau.dk/sendsikker/api/admin/mailboxes"
	"aau.dk/sendsikker/api/admin/messages"
	"aau.dk/sendsikker/api/admin/overview"
	"aau.dk/sendsikker/api/admin/recipients"
	dposheet "aau.dk/sendsikker/api/admin/sheet"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sheet"
)

// Store is the database, as the frame and the pages ask it. *store.Store is one.
type Store interface {
	auditlog.Store
	frame.Store
	overview.Store
	grants.Store
}

// Deps is what the pages need.
type Deps struct {
	Gate         frame.Gate
	Directory    frame.Directory
	Limits       frame.Limits
	AdminRole    string // app roles, as Entra has them
	AuditorRole  string
	Organisation string
	Store        Store
	Sending      messages.Sending
	Mailboxes    func(actor audit.Actor) mailbox.Admin
	Book         mailbox.Book // the directory, to search in
	Try          func(ctx context.Context, actor audit.Actor, address string) ([]mailboxes.Tried, error)
	Shelf        recipients.Shelf
	Ledger       auditlog.Ledger
	Sheet        func(ctx context.Context) (sheet.Sheet, error) // the data protection officer's, made anew
	Parts        []overview.Part                                // what the service cannot do without
	Sources      func() []overview.Source                       // who is asked for certificates, and what came of it last
	Directories  directories.Deps                               // all of it but Now
	Now          func() time.Time
	Log          *slog.Logger
}

// New puts the pages into their frame. Their order is the navigation's.
func New(d Deps) (*frame.Site, error) {
	d.Directories.Now = d.Now
	return frame.New(frame.Deps{
		Gate: d.Gate, Store: d.Store, Directory: d.Directory, Limits: d.Limits, AdminRole: d.AdminRole, AuditorRole: d.AuditorRole, Organisation: d.Organisation,
		Now: d.Now, Log: d.Log,
		Pages: []frame.Page{
			overview.Page(overview.Deps{Store: d.Store, Parts: d.Parts, Sources: d.Sources, Now: d.Now}),
			messages.Page(messages.Deps{Sending: d.Sending, Mailboxes: d.Store, Now: d.Now}),
			mailboxes.Page(mailboxes.Deps{Store: d.Store, Admin: d.Mailboxes, Book: d.Book, Try: d.Try, Organisation: d.Organisation, Now: d.Now}),
			grants.Page(grants.Deps{Store: d.Store, Admin: d.Mailboxes, Book: d.Book}),
			recipients.Page(recipients.Deps{Shelf: d.Shelf, Now: d.Now}),
			directories.Page(d.Directories),
			auditlog.Page(auditlog.Deps{Store: d.Store, Ledger: d.Ledger, Now: d.Now, Log: d.Log}),
			dposheet.Page(dposheet.Deps{Make: d.Sheet}),
		},
	})
}
