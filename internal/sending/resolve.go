package sending

import (
	"context"
	"errors"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// Doubt is a copy of which nobody knows whether it went out, with all that is known.
type Doubt struct {
	Delivery store.Delivery
	Mailbox  string
	HeaderID string
	Events   []store.Event // of this copy
}

// maxDoubts are shown at a time: each is a person's decision.
const maxDoubts = 100

// Doubts lists them for an administrator, the oldest first.
func (s *Service) Doubts(ctx context.Context) ([]Doubt, error) {
	deliveries, err := s.Store.Doubtful(ctx, maxDoubts)
	if err != nil {
		return nil, unreadable(err)
	}
	list := make([]Doubt, 0, len(deliveries))
	for _, d := range deliveries {
		m, err := s.Store.Message(ctx, d.MessageID)
		if err != nil {
			return nil, unreadable(err)
		}
		all, err := s.Store.Events(ctx, d.MessageID, 0)
		if err != nil {
			return nil, unreadable(err)
		}
		doubt := Doubt{Delivery: d, Mailbox: m.MailboxAddress, HeaderID: m.HeaderID}
		for _, e := range all {
			if e.DeliveryID == d.ID {
				doubt.Events = append(doubt.Events, e)
			}
		}
		list = append(list, doubt)
	}
	return list, nil
}

// Resolve ends a doubt by an administrator's decision: the copy arrived, or it is to be sent again.
func (s *Service) Resolve(ctx context.Context, c mailbox.Caller, deliveryID string, arrived bool) error {
	d, err := s.Store.Delivery(ctx, deliveryID)
	var m store.Message
	if err == nil {
		m, err = s.Store.Message(ctx, d.MessageID)
	}
	if err == nil {
		after := store.Queued
		if arrived {
			after = store.Sent
		}
		err = s.Store.Resolve(ctx, d, arrived, audit.Entry{
			At: s.Now(), Actor: audit.Actor{Kind: string(c.Kind), ID: c.ID}, Action: audit.DeliveryResolved, Mailbox: m.MailboxAddress, MessageID: d.MessageID,
			Detail: map[string]any{"copy": d.ID, "arrived": arrived, "before": d.State, "after": after},
		})
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fault.New(fault.NotFound, "copy_not_found", fault.Sentence{
			DA: "Der er ingen kopi med det nummer. Hent listen igen.", EN: "There is no copy with that number. Fetch the list again.",
		}, nil)
	case errors.Is(err, store.ErrMoved):
		return fault.New(fault.Conflict, "copy_not_in_doubt", fault.Sentence{
			DA: "Kopien er ikke længere uafklaret; en anden har taget stilling. Hent listen igen.",
			EN: "The copy is no longer in doubt; somebody else has decided. Fetch the list again.",
		}, nil)
	case err != nil:
		return unreadable(err)
	}
	if arrived {
		s.clear(ctx, d)
	}
	return nil
}
