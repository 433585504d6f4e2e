package mailboxes

import (
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

const maxSought = 200

// bounded is a search as it is used and shown again: the directory is asked for no more of it.
func bounded(text string) string {
	text = strings.TrimSpace(text)
	return strings.ToValidUTF8(text[:min(len(text), maxSought)], "")
}

type row struct {
	store.Mailbox
	Until time.Time
	Left  left
}

// left is how a certificate's end is shown.
type left struct{ Class, Days string }

// leftOf: 30 days is when a new one must be ordered, and 60 when one should.
func (p page) leftOf(until time.Time) left {
	days := int(until.Sub(p.Now()) / (24 * time.Hour))
	switch {
	case !until.After(p.Now()):
		return left{Class: "stop"}
	case days < 30:
		return left{Class: "warn"}
	case days < 60:
		return left{Class: "wait"}
	}
	return left{Class: "good"}
}

type listed struct {
	Sought  string
	Rows    []row
	All     int
	Waiting []mailbox.KeyView // for mailboxes that are not here yet
	Adds    bool
}

func (p page) list(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	list, err := p.Store.MailboxesIn(r.Context(), v.Scope())
	if err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	l := listed{Sought: bounded(r.URL.Query().Get("q")), All: len(list), Adds: v.Is(frame.Administrator)}
	here := map[string]bool{}
	for _, m := range list {
		here[m.Address] = true
		if !strings.Contains(strings.ToLower(m.Name+" "+m.Address), strings.ToLower(l.Sought)) {
			continue
		}
		one := row{Mailbox: m}
		if c, err := x509.ParseCertificate(m.Certificate); err == nil {
			one.Until = c.NotAfter
		}
		one.Left = p.leftOf(one.Until)
		l.Rows = append(l.Rows, one)
	}
	if l.Adds {
		waiting, err := p.Admin(v.Actor()).Waiting(r.Context())
		if err != nil {
			return frame.Answer{}, err
		}
		for _, k := range waiting {
			if !here[k.Address] {
				l.Waiting = append(l.Waiting, k)
			}
		}
	}
	return frame.Show("mailboxes.html", fault.Sentence{DA: "Postkasser", EN: "Mailboxes"}, l), nil
}

type shown struct {
	mailbox.Overview
	ID                               string
	Left                             left
	Active                           mailbox.KeyView
	Held, Planned, Requested, Former []mailbox.KeyView
	Named                            bool // the address is inside the certificate
	Changes                          bool
	Holder, Issuer                   string
}

func (p page) one(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.seen(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	o, err := p.Admin(v.Actor()).Overview(r.Context(), m.Address)
	if err != nil {
		return frame.Answer{}, err
	}
	s := shown{Overview: o, ID: m.ID, Changes: v.Manages(m.ID)}
	for _, k := range o.Keys {
		switch k.State {
		case mailbox.Active:
			s.Active = k
		case store.KeyHeld:
			s.Held = append(s.Held, k)
		case store.KeyPlanned:
			s.Planned = append(s.Planned, k)
		case store.KeyRequested:
			s.Requested = append(s.Requested, k)
		case store.KeyFormer:
			s.Former = append(s.Former, k)
		}
	}
	if c := s.Active.Certificate; c != nil {
		s.Left, s.Holder, s.Issuer = p.leftOf(c.NotAfter), nameOf(c.Subject.CommonName, c.Subject.Organization), nameOf(c.Issuer.CommonName, c.Issuer.Organization)
		s.Named = mailbox.Names(c, m.Address)
	}
	return frame.Show("mailbox.html", fault.Sentence{DA: m.Name, EN: m.Name}, s), nil
}

// nameOf is a certificate's holder as people would say it.
func nameOf(name string, organisation []string) string {
	parts := organisation
	if name != "" {
		parts = append([]string{name}, organisation...)
	}
	return strings.Join(parts, ", ")
}

// fours writes a fingerprint as it is read aloud.
func fours(fingerprint string) []string {
	var groups []string
	for text := strings.ToUpper(fingerprint); len(text) >= 4; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return groups
}

// Fours is the fingerprint of a key, for reading aloud.
func (s shown) Fours(k mailbox.KeyView) []string { return fours(k.Fingerprint) }
