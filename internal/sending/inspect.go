package sending

import (
	"context"
	"errors"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// Inspection is a message as those see it who look after the service, or after its mailbox.
type Inspection struct {
	Message
	MailboxID  string
	CallerKind string
	CallerID   string
	Receipts   bool          // the mailbox wants one of what was sent, too
	Events     []store.Event // only from Inspect
}

// Search lists messages, newest first, with nothing of them that is encrypted at rest: a list would open a key for each, and nobody
// needs the subjects of a hundred mails to find one.
func (s *Service) Search(ctx context.Context, q store.MessageSearch) ([]Inspection, error) {
	rows, err := s.Store.SearchMessages(ctx, q)
	if err != nil {
		return nil, uninspected(err)
	}
	list := make([]Inspection, len(rows))
	for i, m := range rows {
		v, err := seen(m, "", "")
		if err != nil {
			return nil, err
		}
		list[i] = Inspection{Message: v, MailboxID: m.MailboxID, CallerKind: m.CallerKind, CallerID: m.CallerID, Receipts: m.Receipts}
	}
	return list, nil
}

// Inspect reads one message with its time line. Its subject is opened only for those entitled, by the mailbox's id.
func (s *Service) Inspect(ctx context.Context, scope store.Scope, id string, entitled func(mailboxID string) bool) (Inspection, error) {
	m, err := s.Store.MessageIn(ctx, scope, id)
	if errors.Is(err, store.ErrNotFound) {
		return Inspection{}, fault.New(fault.NotFound, "message_not_found", fault.Sentence{
			DA: "Der er ingen besked med det nummer, som du må se. Måske er den slettet, fordi den er gammel.",
			EN: "There is no message with that number that you may see. It may have been erased for its age.",
		}, nil)
	}
	if err != nil {
		return Inspection{}, uninspected(err)
	}
	key, err := s.Keeper.Unwrap(ctx, keeper.Wrapped{Version: m.KeyVersion, Bytes: m.WrappedKey})
	if err != nil {
		return Inspection{}, uninspected(err)
	}
	name, err := key.DecryptBytes(m.CallerName)
	if err != nil {
		return Inspection{}, err
	}
	var subject []byte
	if entitled(m.MailboxID) {
		if subject, err = key.DecryptBytes(m.Subject); err != nil {
			return Inspection{}, err
		}
	}
	v, err := seen(m, string(subject), string(name))
	if err != nil {
		return Inspection{}, err
	}
	events, err := s.Store.Events(ctx, id, 0)
	if err != nil {
		return Inspection{}, uninspected(err)
	}
	return Inspection{Message: v, MailboxID: m.MailboxID, CallerKind: m.CallerKind, CallerID: m.CallerID, Receipts: m.Receipts, Events: events}, nil
}

// uninspected is unreadable for those who look at others' mails.
func uninspected(cause error) error {
	f := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{
		DA: "Oplysningerne kan ikke hentes lige nu. Prøv igen om lidt.", EN: "What is known cannot be fetched just now. Try again shortly.",
	}, cause)
	f.RetryAfter = storageRetry
	return f
}
