package sending

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/store"
)

// Message is what its sender may see of it.
type Message struct {
	ID         string
	Mailbox    string
	HeaderID   string
	Subject    string
	PressedBy  string
	Language   string
	AcceptedAt time.Time
	HeldUntil  time.Time // until then it may be taken back; zero where it is not held
	Cancelled  bool
	Recipients []Recipient // in the order of the draft
	NoticeKind string      // "" until it is written
	NoticeAt   time.Time
}

// Recipient is one recipient's state.
type Recipient struct {
	Recipient   mail.Address
	Field       Field
	Route       route.Route
	State       store.State
	At          time.Time
	Code        string
	Say         fault.Sentence
	Certificate *Certificate
	Copy        string // the id of the copy that goes to this recipient
	position    int
}

// Outcome is the message's state as a whole.
type Outcome string

const (
	InProgress Outcome = "sending"
	AllSent    Outcome = "sent"
	SomeFailed Outcome = "failed"
	SomeUnsure Outcome = "unknown"
	TakenBack  Outcome = "cancelled"
)

// Outcome is the worst of the recipients' states, once all have ended.
func (m Message) Outcome() Outcome {
	if m.Cancelled {
		return TakenBack
	}
	outcome := AllSent
	for _, r := range m.Recipients {
		switch {
		case !r.State.Final():
			return InProgress
		case r.State == store.Rejected:
			outcome = SomeFailed
		case r.State == store.Unknown && outcome != SomeFailed:
			outcome = SomeUnsure
		}
	}
	return outcome
}

// Message reads one of the caller's own messages. Somebody else's is not found.
func (s *Service) Message(ctx context.Context, c mailbox.Caller, id string) (Message, error) {
	m, err := s.own(ctx, c, id)
	if err != nil {
		return Message{}, err
	}
	return s.view(ctx, m)
}

// Messages lists the caller's own, newest first. Whose they are is the caller's token's to say, and not the query's.
func (s *Service) Messages(ctx context.Context, c mailbox.Caller, q store.MessageQuery) ([]Message, error) {
	q.CallerID = c.ID
	if q.Mailbox != "" {
		q.Mailbox = mailbox.Canonical(q.Mailbox)
	}
	rows, err := s.Store.Messages(ctx, q)
	if err != nil {
		return nil, unreadable(err)
	}
	list := make([]Message, len(rows))
	for i, row := range rows {
		if list[i], err = s.view(ctx, row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Service) view(ctx context.Context, m store.Message) (Message, error) {
	key, err := s.Keeper.Unwrap(ctx, keeper.Wrapped{Version: m.KeyVersion, Bytes: m.WrappedKey})
	if err != nil {
		return Message{}, unreadable(err)
	}
	subject, err := key.DecryptBytes(m.Subject)
	if err != nil {
		return Message{}, fmt.Errorf("decrypting a subject: %w", err)
	}
	name, err := key.DecryptBytes(m.CallerName)
	if err != nil {
		return Message{}, fmt.Errorf("decrypting a name: %w", err)
	}
	return seen(m, string(subject), string(name))
}

// seen is a message with what is encrypted of it at rest.
func seen(m store.Message, subject, pressedBy string) (Message, error) {
	v := Message{
		ID: m.ID, Mailbox: m.MailboxAddress, HeaderID: m.HeaderID, Subject: subject, PressedBy: pressedBy,
		Language: m.Language, AcceptedAt: m.AcceptedAt, HeldUntil: m.HeldUntil, Cancelled: !m.CancelledAt.IsZero(), NoticeKind: m.NoticeKind, NoticeAt: m.NoticeAt,
	}
	for _, d := range m.Deliveries {
		for _, r := range d.Recipients {
			var e Evidence
			if err := json.Unmarshal(r.Evidence, &e); err != nil {
				return Message{}, fmt.Errorf("reading evidence: %w", err)
			}
			v.Recipients = append(v.Recipients, Recipient{
				Recipient: mail.Address{Name: r.Name, Address: r.Address}, Field: Field(r.Field), Route: route.Route(r.Route),
				State: d.State, At: d.ChangedAt, Code: d.Code, Say: d.Say, Certificate: e.Certificate, Copy: d.ID, position: r.Position,
			})
		}
	}
	slices.SortFunc(v.Recipients, func(a, b Recipient) int { return a.position - b.position })
	return v, nil
}

// unreadable is unavailable for a question about what was sent: nobody shall think that it was not.
func unreadable(cause error) error {
	f := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{
		DA: "Oplysningerne om dine mails kan ikke hentes lige nu. Det ændrer ikke på, hvad der er sendt. Prøv igen om lidt.",
		EN: "What is known of your mails cannot be fetched just now. It changes nothing about what was sent. Try again shortly.",
	}, cause)
	f.RetryAfter = storageRetry
	return f
}
