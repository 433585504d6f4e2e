package sending

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

// Preflight is what a sender is told before anything is sent.
type Preflight struct {
	Plan
	Mailbox      string // that all of it is about
	MailboxWhy   Why
	SealedBefore bool                // the caller has written to one of these people, or in this conversation, sealed
	Alternatives map[string][]string // by the address of a refused recipient: others at the same place that can be reached
}

// Why a mailbox is the one.
type Why string

const (
	Asked  Why = "asked"
	Recent Why = "recent" // the last mail to one of the recipients was sent as it
	Only   Why = "only"   // the caller has no other
	First  Why = "first"  // nothing speaks for any of them
)

// Preflight plans a draft that is not sent. It checks the same things as Submit does, in the same order; but the draft may leave
// it to the service which of the caller's mailboxes it is sent as.
func (s *Service) Preflight(ctx context.Context, c mailbox.Caller, d *draft.Draft) (Preflight, error) {
	d.Normalize()
	asked := d.Mailbox != ""
	var usable []mailbox.Mailbox
	var err error
	if !asked {
		if usable, err = s.usable(ctx, c); err != nil {
			return Preflight{}, err
		}
		d.Mailbox = usable[0].Address // until it is known which
	}
	if err := d.Validate(); err != nil {
		return Preflight{}, err
	}
	if asked {
		m, err := s.Mailboxes.Check(ctx, c, d.Mailbox)
		if err != nil {
			return Preflight{}, err
		}
		if err := s.usableNow(m); err != nil {
			return Preflight{}, err
		}
		usable = []mailbox.Mailbox{m}
	}
	plan, past, err := s.lookAround(ctx, c, d)
	if err != nil {
		return Preflight{}, err
	}
	p := Preflight{Plan: plan, SealedBefore: past.sealed}
	p.Mailbox, p.MailboxWhy = past.mailbox(usable)
	if asked {
		p.MailboxWhy = Asked
	}
	p.Warnings = append(p.Warnings, past.similar(plan)...)
	p.Alternatives, err = s.alternatives(ctx, plan, past)
	return p, err
}

// lookAround looks for certificates and into the past at the same time: neither needs the other.
func (s *Service) lookAround(ctx context.Context, c mailbox.Caller, d *draft.Draft) (plan Plan, past history, err error) {
	var wait sync.WaitGroup
	var forgotten error
	wait.Go(func() { past, forgotten = s.recall(ctx, c, d) })
	plan, err = s.plan(ctx, d)
	wait.Wait()
	return plan, past, cmp.Or(err, forgotten)
}

// usable are the caller's mailboxes that can be sent as today; where there are none, the error says why.
func (s *Service) usable(ctx context.Context, c mailbox.Caller) ([]mailbox.Mailbox, error) {
	all, err := s.Mailboxes.Usable(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Forbidden, "mailbox_not_granted", fault.Sentence{
			DA: "Du har ikke adgang til at sende fra nogen funktionspostkasse. Bed din enheds lokale administrator om adgang.",
			EN: "You may not send as any function mailbox. Ask your unit's local administrator for access.",
		}, nil)
	}
	today := slices.DeleteFunc(slices.Clone(all), func(m mailbox.Mailbox) bool { return s.usableNow(m) != nil })
	if len(today) == 0 {
		return nil, s.usableNow(all[0])
	}
	return today, nil
}
