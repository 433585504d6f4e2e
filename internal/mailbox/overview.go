package mailbox

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"aau.dk/sendsikker/internal/store"
)

// Active is the state of the key that signs, beside those that package store has for the others.
const Active store.KeyState = "active"

// Overview is everything about one mailbox that an administrator sees. No key is in it.
type Overview struct {
	Address string
	Mailbox *store.Mailbox // nil: keys wait, and there is no mailbox yet
	Keys    []KeyView      // the one that signs first
	Grants  []store.Grant
}

// KeyView is a key, as its certificate has it.
type KeyView struct {
	ID          string // "" of the one that signs
	Address     string
	State       store.KeyState
	Certificate *x509.Certificate // nil of a requested one
	Fingerprint string
	Reference   string // to the key, where that stays in a device
	Request     []byte // PEM, of a requested one
	CreatedAt   time.Time
	From        time.Time
	Ended       time.Time
}

// Overview tells everything about one mailbox.
func (a Admin) Overview(ctx context.Context, address string) (Overview, error) {
	o := Overview{Address: Canonical(address)}
	m, err := a.Store.MailboxByAddress(ctx, o.Address)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return o, unavailable(err)
	default:
		view, err := viewOf(KeyView{Address: o.Address, State: Active, Reference: m.Reference}, m.Certificate)
		if err != nil {
			return o, err
		}
		if o.Grants, err = a.Store.Grants(ctx, m.ID); err != nil {
			return o, unavailable(err)
		}
		m.Key, m.WrappedKey = nil, nil
		o.Mailbox, o.Keys = &m, []KeyView{view}
	}
	rows, err := a.Store.MailboxKeys(ctx, o.Address)
	if err != nil {
		return o, unavailable(err)
	}
	views, err := viewsOf(rows)
	if err != nil {
		return o, err
	}
	o.Keys = append(o.Keys, views...)
	if o.Mailbox == nil && len(o.Keys) == 0 {
		return o, noSuchMailbox()
	}
	return o, nil
}

// Waiting are the keys that were requested or imported and do not sign yet, whether there is a mailbox for them or not.
func (a Admin) Waiting(ctx context.Context) ([]KeyView, error) {
	var all []store.MailboxKey
	for _, state := range []store.KeyState{store.KeyRequested, store.KeyHeld} {
		rows, err := a.Store.KeysOf(ctx, state)
		if err != nil {
			return nil, unavailable(err)
		}
		all = append(all, rows...)
	}
	return viewsOf(all)
}

func viewsOf(rows []store.MailboxKey) ([]KeyView, error) {
	var list []KeyView
	for _, k := range rows {
		view, err := viewOf(KeyView{ID: k.ID, Address: k.Address, State: k.State, Reference: k.Reference, CreatedAt: k.CreatedAt, From: k.From, Ended: k.Ended}, k.Certificate)
		if err != nil {
			return nil, err
		}
		if k.State == store.KeyRequested {
			view.Request = RequestPEM(k.Request)
		}
		list = append(list, view)
	}
	return list, nil
}

func viewOf(v KeyView, der []byte) (KeyView, error) {
	if len(der) == 0 {
		return v, nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return v, err
	}
	v.Certificate, v.Fingerprint = c, fingerprintOf(c)
	return v, nil
}
