package grants

import (
	"context"
	"net/http"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// subject reads who it is about; what is no subject is refused by package mailbox.
func subject(r *http.Request) (store.Grant, error) {
	err := r.ParseForm()
	return store.Grant{Kind: r.Form.Get("kind"), Subject: r.Form.Get("subject")}, err
}

// done changes something about one mailbox and goes back to it.
func (p page) done(r *http.Request, v frame.Visitor, say fault.Sentence, do func(ctx context.Context, admin mailbox.Admin, address string, g store.Grant) error) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	g, err := subject(r)
	if err != nil {
		return frame.Answer{}, err
	}
	if err := do(r.Context(), p.Admin(v.Actor()), m.Address, g); err != nil {
		return frame.Answer{}, err
	}
	return frame.Go(listPath + "/" + m.ID).Tell(say), nil
}

func (p page) give(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	say := fault.Sentence{DA: "Adgangen er givet.", EN: "The right is given."}
	return p.done(r, v, say, func(ctx context.Context, admin mailbox.Admin, address string, g store.Grant) error {
		return admin.Grant(ctx, address, g)
	})
}

func (p page) take(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	say := fault.Sentence{
		DA: "Adgangen er taget tilbage. Det gælder fra næste mail.", EN: "The right is taken back. That holds from the next mail on.",
	}
	return p.done(r, v, say, func(ctx context.Context, admin mailbox.Admin, address string, g store.Grant) error {
		return admin.Revoke(ctx, address, g)
	})
}

func (p page) appoint(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	say := fault.Sentence{DA: "Den lokale administrator er udpeget.", EN: "The local administrator is appointed."}
	return p.done(r, v, say, func(ctx context.Context, admin mailbox.Admin, address string, g store.Grant) error {
		return admin.Appoint(ctx, address, g.Kind, g.Subject)
	})
}

func (p page) dismiss(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	say := fault.Sentence{DA: "Den lokale administrator er fjernet.", EN: "The local administrator is dismissed."}
	return p.done(r, v, say, func(ctx context.Context, admin mailbox.Admin, address string, g store.Grant) error {
		return admin.Dismiss(ctx, address, g.Kind, g.Subject)
	})
}

type asked struct {
	store.Mailbox
	mailbox.Named
	Care bool // it is about who looks after it
}

// ask is the question before something is taken back.
func (p page) ask(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.changed(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	g, err := subject(r)
	if err != nil {
		return frame.Answer{}, err
	}
	a := asked{Mailbox: m, Named: mailbox.Named{Kind: g.Kind, ID: g.Subject}, Care: r.Form.Get("care") == "yes"}
	if a.Care && !v.Is(frame.Administrator) {
		return frame.Answer{}, fault.New(fault.Forbidden, "appoints_nobody", fault.Sentence{
			DA: "Kun administratorer udpeger og fjerner lokale administratorer.", EN: "Only administrators appoint and dismiss local administrators.",
		}, nil)
	}
	if known, err := p.Book.Named(r.Context(), []store.Grant{g}); err == nil && len(known) > 0 {
		a.Named = known[0]
	}
	title := fault.Sentence{DA: "Tag adgangen tilbage?", EN: "Take the right back?"}
	if a.Care {
		title = fault.Sentence{DA: "Fjern den lokale administrator?", EN: "Dismiss the local administrator?"}
	}
	return frame.Show("grant-take.html", title, a), nil
}
