package app

import (
	"context"
	"strings"
	"time"

	"aau.dk/sendsikker/api"
	"aau.dk/sendsikker/api/admin"
	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/api/admin/overview"
	"aau.dk/sendsikker/api/limit"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sheet"
)

// adminPage is the administrators' page, or nil where nobody can sign in to it.
func (w *wiring) adminPage(s *service, outlook *graph.Client, registry *mailbox.Registry, limits *limit.Limiter, parts []api.Part) (api.Admin, error) {
	if w.SignIn == nil {
		return nil, nil //nolint:nilnil // no page is an answer
	}
	settings := *w.SignIn
	settings.Redirect, settings.Now = strings.TrimSuffix(w.PublicURL, "/")+frame.AnswerPath, w.Now
	gate, err := entra.NewSignIn(settings)
	if err != nil {
		return nil, err
	}
	checks := make([]overview.Part, len(parts))
	for i, p := range parts {
		checks[i] = overview.Part{Name: p.Name, Ready: p.Ready}
	}
	return admin.New(admin.Deps{
		Gate: gate, Directory: outlook, Limits: limits, AdminRole: w.AdminRole, AuditorRole: w.AuditorRole, Organisation: w.Organisation,
		Mailboxes: func(actor audit.Actor) mailbox.Admin {
			return mailbox.Admin{Store: s.store, Keeper: s.keeper, Devices: s.devices, Judge: s.finders.judge, Now: w.Now, Actor: actor}
		},
		Book: book{outlook}, Try: trial{registry: registry, store: s.store, post: post{client: outlook, large: w.Submission}, now: w.Now}.run,
		Store: s.store, Sending: s.sending, Shelf: s.finders.shelf, Ledger: s.ledger, Sheet: w.sheet(s), Parts: checks, Sources: s.finders.answers, Directories: s.finders.page(s.store, w.Now), Now: w.Now, Log: w.Log,
	})
}

// sheet is the data protection officer's.
func (w *wiring) sheet(s *service) func(ctx context.Context) (sheet.Sheet, error) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		zone = time.UTC // the page itself does not start without it
	}
	lately := &sheet.Lately{Deps: sheet.Deps{
		Store: s.store, Ledger: s.ledger, Keys: s.keeper.Versions, Now: w.Now, Zone: zone,
		Settings: sheet.Settings{Encryption: string(w.Encryption), Headers: string(w.Headers), KeepDetails: w.Keep, KeepRows: w.KeepAudit},
	}}
	return lately.Sheet
}

// signInSettings are those of the administrators' page, or nil.
func signInSettings(c config.Config) *entra.SignInConfig {
	e := c.Entra
	if e.WebClientID == "" {
		return nil
	}
	return &entra.SignInConfig{Tenant: e.Tenant, Client: e.WebClientID, Authority: e.Authority, Secret: e.WebSecret.Reveal, CertificateFile: e.WebCertificateFile}
}
