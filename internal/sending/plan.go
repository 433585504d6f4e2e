package sending

import (
	"context"
	"errors"
	"net/mail"
	"slices"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
)

// Field is where the sender put a recipient.
type Field string

const (
	To  Field = "to"
	Cc  Field = "cc"
	Bcc Field = "bcc"
)

// Planned is one recipient and how they would be reached.
type Planned struct {
	Recipient mail.Address
	Field     Field
	Verdict   route.Verdict
	Choice    certs.Choice
	shown     *Certificate // what people are told of the chosen one, said once
}

// Warning is something the sender should know before sending.
type Warning struct {
	Code    string
	Address string // "" when it is about the message
	Similar string // of similar_address: the one that the caller has written to
	Say     fault.Sentence
}

// Plan is the routes of a draft.
type Plan struct {
	Recipients []Planned
	Warnings   []Warning
	Silent     []string // places that were asked for certificates and did not answer, sorted
}

// Sendable says whether every recipient can be reached.
func (p Plan) Sendable() bool {
	for _, r := range p.Recipients {
		if r.Verdict.Route == route.Refused {
			return false
		}
	}
	return len(p.Recipients) > 0
}

func (s *Service) plan(ctx context.Context, d *draft.Draft) (Plan, error) {
	var outside []string
	for _, r := range d.Recipients() {
		if !s.Policy.IsInternal(r.Address) {
			outside = append(outside, r.Address)
		}
	}
	found, err := s.Certificates.Find(ctx, outside) // one call, however many recipients
	if errors.Is(err, certs.ErrStore) {
		return Plan{}, unavailable(err)
	}
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Silent: silent(found)}
	for _, list := range []struct {
		field     Field
		addresses []mail.Address
	}{{To, d.To}, {Cc, d.Cc}, {Bcc, d.Bcc}} {
		for _, r := range list.addresses {
			choice := found[r.Address]
			verdict := s.Policy.Decide(route.Facts{Address: r.Address, Certificate: facts(choice)})
			planned := Planned{Recipient: r, Field: list.field, Verdict: verdict, Choice: choice}
			planned.shown = planned.Shown()
			p.Recipients = append(p.Recipients, planned)
			if verdict.Route == route.SMIME {
				for _, w := range choice.Verdict.Warnings {
					p.Warnings = append(p.Warnings, Warning{Code: string(w.Code), Address: r.Address, Say: w.Say})
				}
			}
		}
	}
	return p, nil
}

// silent is everybody who did not answer for some recipient.
func silent(found map[string]certs.Choice) []string {
	var names []string
	for _, choice := range found {
		names = append(names, choice.Silent...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Known is what is known of one address.
type Known struct {
	Verdict     route.Verdict
	Explanation certs.Explanation
}

// Recipient tells what is known of an address, where from, and why a certificate is or is not used.
func (s *Service) Recipient(ctx context.Context, address string) (Known, error) {
	address, err := draft.Recipient(address)
	if err != nil {
		return Known{}, err
	}
	explained, err := s.Certificates.Explain(ctx, address)
	if err != nil {
		return Known{}, err
	}
	return Known{Verdict: s.Policy.Decide(route.Facts{Address: address, Certificate: facts(explained.Choice)}), Explanation: explained}, nil
}

func facts(c certs.Choice) route.Certificate {
	if c.Chosen == nil {
		return route.Certificate{Code: string(c.Code), Say: c.Say}
	}
	return route.Certificate{Usable: true, Holder: Holder(c.Chosen.Certificate), ValidTo: c.Chosen.Certificate.NotAfter}
}

// refusal names every recipient that cannot be reached. nil means that all can.
func (p Plan) refusal() error {
	var refused []fault.Recipient
	for _, r := range p.Recipients {
		if r.Verdict.Route == route.Refused {
			refused = append(refused, fault.Recipient{Address: r.Recipient.Address, Code: r.Verdict.Code, Say: r.Verdict.Say})
		}
	}
	if len(refused) == 0 {
		return nil
	}
	f := fault.New(fault.Refused, "recipients_refused", fault.Sentence{
		DA: "Mailen kan ikke sendes sikkert til alle modtagere. Intet er sendt. Fjern dem, der står her, eller følg rådet ved hver af dem.",
		EN: "The mail cannot be sent securely to every recipient. Nothing was sent. Remove those listed, or follow the advice at each.",
	}, nil)
	f.Recipients = refused
	return f
}

// usableNow refuses to sign with a certificate that no recipient would accept.
func (s *Service) usableNow(m mailbox.Mailbox) error {
	if now := s.Now(); !now.Before(m.Certificate.NotBefore) && now.Before(m.Certificate.NotAfter) {
		return nil
	}
	return fault.New(fault.Refused, "mailbox_certificate_expired", fault.Sentence{
		DA: "Postkassens eget certifikat gælder ikke i dag, så der kan ikke sendes sikkert fra den. Intet er sendt. Kontakt den, der administrerer Send sikker.",
		EN: "The mailbox's own certificate is not valid today, so nothing can be sent securely from it. Nothing was sent. Contact the administrator of Send sikker.",
	}, nil)
}
