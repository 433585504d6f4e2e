package sending

import (
	"context"
	"errors"
	"slices"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// Cancel takes one of the caller's own messages back, while nothing of it has been tried. Doing it twice is the same.
func (s *Service) Cancel(ctx context.Context, c mailbox.Caller, id string) error {
	m, err := s.own(ctx, c, id)
	if err != nil {
		return err
	}
	say := fault.Sentence{DA: "Du fortrød, før mailen blev sendt. Intet er sendt.", EN: "You took the mail back before it was sent. Nothing was sent."}
	err = s.Store.CancelMessage(ctx, id, say, audit.Entry{
		At: s.Now(), Actor: audit.Actor{Kind: string(c.Kind), ID: c.ID}, Action: audit.MessageCancelled, Mailbox: m.MailboxAddress, MessageID: id,
	})
	if errors.Is(err, store.ErrTooLate) {
		return fault.New(fault.Conflict, "message_on_its_way", fault.Sentence{
			DA: "Mailen er allerede på vej eller sendt og kan ikke tages tilbage.",
			EN: "The mail is already on its way or sent and cannot be taken back.",
		}, err)
	}
	if err != nil {
		return unreadable(err)
	}
	for _, d := range m.Deliveries {
		s.clear(ctx, d)
	}
	return nil
}

// own reads one of the caller's own messages. Somebody else's is not found.
func (s *Service) own(ctx context.Context, c mailbox.Caller, id string) (store.Message, error) {
	m, err := s.Store.Message(ctx, id)
	if err == nil && m.CallerID != c.ID {
		err = store.ErrNotFound
	}
	if errors.Is(err, store.ErrNotFound) {
		return m, fault.New(fault.NotFound, "message_not_found", fault.Sentence{
			DA: "Der er ingen mail med det nummer blandt dem, du har sendt.",
			EN: "There is no message with that number among those you have sent.",
		}, nil)
	}
	if err != nil {
		return m, unreadable(err)
	}
	return m, nil
}

// Events reads the time line of one of the caller's own messages after an event; 0 is from the start. ended says that nothing
// more will come.
func (s *Service) Events(ctx context.Context, c mailbox.Caller, id string, after int) (events []store.Event, ended bool, err error) {
	// The message first: what happens between the two questions is then an event that comes, and not one that is missed.
	m, err := s.own(ctx, c, id)
	if err != nil {
		return nil, false, err
	}
	events, err = s.Store.Events(ctx, id, after)
	if err != nil {
		return nil, false, unreadable(err)
	}
	return events, m.NoticeKind != "" || !m.CancelledAt.IsZero() || !m.Receipts && allSent(m), nil
}

// allSent: nothing more comes of a message whose mailbox wants no receipt.
func allSent(m store.Message) bool {
	return !slices.ContainsFunc(m.Deliveries, func(d store.Delivery) bool { return d.State != store.Sent })
}
