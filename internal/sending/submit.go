package sending

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// storageRetry is what a caller is told to wait when the disk or the database is away.
const storageRetry = 30 * time.Second

// Submission is a draft handed in to be sent.
type Submission struct {
	Caller         mailbox.Caller
	Draft          *draft.Draft
	Entity         draft.Entity // streamed once
	IdempotencyKey string       // "" is none
	// Digest is of everything that was handed in; it is asked for when Entity has been written to its end.
	Digest func() []byte
}

// Accepted is a message that will be sent.
type Accepted struct {
	ID string
	// Fresh is what its sender sees of it; nil where it was accepted before and has moved on since. It spares whoever answers
	// the sender from reading, and from decrypting, what was written a moment ago.
	Fresh *Message
}

// Submit accepts a message whole, or nothing of it. With an idempotency key that was used before it gives the first one.
func (s *Service) Submit(ctx context.Context, sub Submission) (Accepted, error) {
	a, err := s.accept(ctx, sub)
	if err != nil {
		s.countRefusal(ctx, err)
	}
	return a, err
}

func (s *Service) accept(ctx context.Context, sub Submission) (a Accepted, err error) {
	d := sub.Draft
	d.Normalize()
	if err := d.Validate(); err != nil {
		return Accepted{}, err
	}
	if sub.IdempotencyKey != "" {
		id, digest, err := s.Store.FindByKey(ctx, sub.Caller.ID, sub.IdempotencyKey)
		if err == nil {
			if _, err := sub.Entity.WriteTo(io.Discard); err != nil {
				return Accepted{}, err
			}
			return Accepted{ID: id}, sameContent(digest, sub.Digest())
		}
		if !errors.Is(err, store.ErrNotFound) {
			return Accepted{}, unavailable(err)
		}
	}
	from, err := s.Mailboxes.Open(ctx, sub.Caller, d.Mailbox)
	if err != nil {
		return Accepted{}, err
	}
	if err := s.usableNow(from.Mailbox); err != nil {
		return Accepted{}, err
	}
	if err := s.mayQueue(ctx, from.Mailbox); err != nil {
		return Accepted{}, err
	}
	plan, err := s.plan(ctx, d)
	if err != nil {
		return Accepted{}, err
	}
	if err := plan.refusal(); err != nil {
		return Accepted{}, err
	}
	key, wrapped, err := s.Keeper.NewKey(ctx)
	if err != nil {
		return Accepted{}, unavailable(err)
	}
	m := store.Message{
		ID: uuid.Must(uuid.NewV7()).String(), MailboxID: from.ID, MailboxAddress: from.Address,
		CallerKind: string(sub.Caller.Kind), CallerID: sub.Caller.ID, Language: cmp.Or(d.Language, "da"), IdempotencyKey: sub.IdempotencyKey,
		WrappedKey: wrapped.Bytes, KeyVersion: wrapped.Version, AcceptedAt: s.Now().UTC().Truncate(time.Millisecond),
	}
	if from.Undo > 0 {
		m.HeldUntil = m.AcceptedAt.Add(from.Undo)
	}
	m.HeaderID = "<" + m.ID + "@" + domainOf(from.Address) + ">"
	if err := encryptFields(&m, key, d.Subject, sub.Caller.Name); err != nil {
		return Accepted{}, err
	}
	o := &outgoing{id: m.ID, copies: divide(plan), plan: plan, from: from, entity: sub.Entity, common: draft.Header{
		From: mail.Address{Name: from.Name, Address: from.Address}, Subject: d.Subject, Date: m.AcceptedAt, MessageID: m.HeaderID,
		InReplyTo: d.InReplyTo, References: d.References, Importance: d.Importance,
	}}
	if err := s.choose(o); err != nil {
		return Accepted{}, err
	}
	if err := s.write(ctx, o, key); err != nil {
		return Accepted{}, err
	}
	m.Digest = sub.Digest()
	if m.Deliveries, err = deliveries(o.copies, plan, m.AcceptedAt); err != nil {
		s.discard(ctx, o.copies)
		return Accepted{}, err
	}
	if a.ID, err = s.keep(ctx, m, o, sub.Caller); err != nil {
		return a, err
	}
	if a.ID == m.ID {
		if fresh, err := seen(m, d.Subject, sub.Caller.Name); err == nil {
			a.Fresh = &fresh
		}
	}
	return a, nil
}

// mayQueue refuses more for a mailbox that has long to send already: an honest "later" is better than a queue without end. The
// estimate is by Exchange's own pace; a mailbox that sends slower for other reasons tells of it by growing.
func (s *Service) mayQueue(ctx context.Context, m mailbox.Mailbox) error {
	if s.Backlog <= 0 || s.Limits.PerMinute <= 0 {
		return nil
	}
	waiting, err := s.Store.Waiting(ctx, m.ID)
	if err != nil {
		return unavailable(err)
	}
	takes := time.Duration(waiting.Copies) * time.Minute / time.Duration(s.Limits.PerMinute)
	if s.Limits.Recipients > 0 {
		const day = 24 * time.Hour
		takes = max(takes, time.Duration(waiting.Recipients)*(day/time.Duration(s.Limits.Recipients)))
	}
	if takes <= s.Backlog {
		return nil
	}
	f := fault.New(fault.Throttled, "mailbox_busy", fault.Sentence{
		DA: "Postkassen har allerede så meget at sende, at mailen ville vente længe. Intet er sendt. Prøv igen senere.",
		EN: "The mailbox has so much to send already that the mail would wait for long. Nothing was sent. Try again later.",
	}, nil)
	f.RetryAfter = max(takes-s.Backlog, time.Minute)
	return f
}

// keep is the moment of acceptance.
func (s *Service) keep(ctx context.Context, m store.Message, o *outgoing, c mailbox.Caller) (string, error) {
	holder, taken, err := s.Store.InsertMessage(ctx, m, auditEntry(m, c, o))
	if err != nil {
		// The commit itself may have been cut off. The copies go only when it is certain that nothing points at them, and who is
		// told "not sent" of a message that was stored would send it a second time.
		switch _, look := s.Store.Message(context.WithoutCancel(ctx), m.ID); {
		case look == nil:
			return m.ID, nil
		case errors.Is(look, store.ErrNotFound):
			s.discard(ctx, o.copies)
		}
		return "", interrupted(ctx, err)
	}
	if !taken {
		return m.ID, nil
	}
	s.discard(ctx, o.copies) // another request with the same key was a moment faster
	_, digest, err := s.Store.FindByKey(ctx, c.ID, m.IdempotencyKey)
	if err != nil {
		return "", unavailable(err)
	}
	return holder, sameContent(digest, m.Digest)
}

func sameContent(stored, handedIn []byte) error {
	if subtle.ConstantTimeCompare(stored, handedIn) == 1 {
		return nil
	}
	return fault.New(fault.Conflict, "idempotency_key_reused", fault.Sentence{
		DA: "Nøglen i Idempotency-Key er brugt til en anden mail. Intet er sendt. Brug en ny nøgle til hver mail.",
		EN: "The Idempotency-Key was used for another message. Nothing was sent. Use a new key for each message.",
	}, nil)
}

func encryptFields(m *store.Message, key *keeper.Key, subject, caller string) error {
	var err, err2 error
	m.Subject, err = key.EncryptBytes([]byte(subject))
	m.CallerName, err2 = key.EncryptBytes([]byte(caller))
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("encrypting the subject: %w", err)
	}
	return nil
}

func deliveries(copies []*messageCopy, p Plan, at time.Time) ([]store.Delivery, error) {
	list := make([]store.Delivery, len(copies))
	for n, c := range copies {
		list[n] = store.Delivery{ID: c.id, Position: n, Kind: "plain", State: store.Queued, SpoolName: c.name, Size: c.out.Size(), ChangedAt: at}
		if c.sealed {
			list[n].Kind = "sealed"
		}
		for _, i := range c.recipients {
			r := p.Recipients[i]
			evidence, err := json.Marshal(evidenceOf(r))
			if err != nil {
				return nil, fmt.Errorf("writing evidence: %w", err)
			}
			list[n].Recipients = append(list[n].Recipients, store.Recipient{
				Position: i, Field: string(r.Field), Address: r.Recipient.Address, Name: r.Recipient.Name,
				Route: string(r.Verdict.Route), Evidence: evidence,
			})
		}
	}
	return list, nil
}

// Evidence is kept with every recipient: which certificate was used and why it was accepted; and the one that it replaces,
// where that was encrypted for too.
type Evidence struct {
	Certificate *Certificate `json:"certificate,omitempty"`
	Judgement   any          `json:"judgement,omitempty"` // a trust.Verdict
	Also        *Certificate `json:"also,omitempty"`
	AlsoWhy     any          `json:"alsoJudgement,omitempty"`
}

func evidenceOf(p Planned) Evidence {
	shown := p.Shown()
	if shown == nil {
		return Evidence{}
	}
	e := Evidence{Certificate: shown, Judgement: p.Choice.Verdict}
	if also := p.Choice.Also; also != nil {
		e.Also, e.AlsoWhy = Describe(also.Candidate), also.Verdict
	}
	return e
}

func auditEntry(m store.Message, c mailbox.Caller, o *outgoing) audit.Entry {
	detail := audit.Message{HeaderID: m.HeaderID, TokenID: c.TokenID, Client: c.Client, Profile: o.profile.Name, Why: o.why.EN}
	if o.protection != nil {
		detail.Headers = string(o.protection.rule)
	}
	summary := audit.Summary{Profile: detail.Profile, Headers: detail.Headers, Routes: map[string]int{}}
	for _, r := range o.plan.Recipients {
		summary.Routes[string(r.Verdict.Route)]++
		line := audit.Recipient{Address: r.Recipient.Address, Field: string(r.Field), Route: string(r.Verdict.Route)}
		if shown := r.Shown(); shown != nil {
			line.Certificate, line.Source = shown.SHA256, shown.Source
		}
		detail.Recipients = append(detail.Recipients, line)
	}
	return audit.Entry{
		At: m.AcceptedAt, Actor: audit.Actor{Kind: m.CallerKind, ID: m.CallerID}, Action: audit.MessageAccepted,
		Mailbox: m.MailboxAddress, MessageID: m.ID, Detail: detail, Summary: summary,
	}
}

func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }
