package sending

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// Deliver takes one copy as far as it will go. It is run at least once and may be run again at any point: every step is
// registered before it is taken.
func (s *Service) Deliver(ctx context.Context, deliveryID string) error {
	d, err := s.Store.Delivery(ctx, deliveryID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the message was erased; there is nothing to send
	}
	if err != nil {
		return unavailable(err)
	}
	m, err := s.Store.Message(ctx, d.MessageID)
	if err != nil {
		return unavailable(err)
	}
	switch d.State {
	case store.Queued, store.Drafting:
		// In Drafting a draft may lie there already, from a run that was cut off. One too many is never sent and does no harm.
		return s.attempt(ctx, d, false, func(ctx context.Context) error {
			if d.State == store.Queued {
				if err := s.step(ctx, &d, store.Change{To: store.Drafting}); err != nil {
					return err
				}
			}
			return s.draftAndSend(ctx, d, m)
		})
	case store.Sending:
		return s.attempt(ctx, d, true, func(ctx context.Context) error { return s.look(ctx, d, m) })
	case store.Sent, store.Rejected:
		s.clear(ctx, d) // a run that was cut off may have left it
		return nil
	case store.Unknown:
		return nil
	}
	return fmt.Errorf("delivering: no such state %q", d.State)
}

func (s *Service) draftAndSend(ctx context.Context, d store.Delivery, m store.Message) error {
	if s.Post.Submits(d.Size, d.Kind == "sealed") {
		if err := s.step(ctx, &d, store.Change{To: store.Sending, DraftID: submitted}); err != nil {
			return err
		}
		return s.submit(ctx, d, m)
	}
	id, err := s.createDraft(ctx, d, m)
	if err != nil {
		return s.failed(ctx, d, err)
	}
	if err := s.step(ctx, &d, store.Change{To: store.Sending, DraftID: id}); err != nil {
		return err
	}
	return s.send(ctx, d, m)
}

// submitted stands where the draft's id stands for a copy that has none.
const submitted = "submitted"

// submit sends a copy whole. An answer that says it was not taken leads back to the start: there is no draft that could be sent
// from where it lies.
func (s *Service) submit(ctx context.Context, d store.Delivery, m store.Message) error {
	mime, err := s.openCopy(ctx, d, m)
	if err == nil {
		defer func() { _ = mime.Close() }()
		runOf(ctx).sent = true
		err = s.Post.Submit(ctx, m.MailboxAddress, addresses(d), mime, d.Size)
	}
	if err == nil {
		return s.end(ctx, d, store.Change{To: store.Sent})
	}
	switch f := fault.From(err); f.Kind.Next() {
	case fault.LookFirst:
		if err := s.step(ctx, &d, store.Change{To: store.Sending}); err != nil {
			return err
		}
		return s.later(f)
	case fault.Again, fault.AgainAfter:
		runOf(ctx).sent = false
		if stepErr := s.step(ctx, &d, store.Change{To: store.Drafting}); stepErr != nil {
			return stepErr
		}
		return err
	case fault.Never:
		runOf(ctx).sent = false
	}
	return s.failed(ctx, d, err)
}

func addresses(d store.Delivery) []string {
	to := make([]string, len(d.Recipients))
	for i, r := range d.Recipients {
		to[i] = r.Address
	}
	return to
}

func (s *Service) createDraft(ctx context.Context, d store.Delivery, m store.Message) (string, error) {
	mime, err := s.openCopy(ctx, d, m)
	if err != nil {
		return "", err
	}
	defer func() { _ = mime.Close() }()
	return s.Post.CreateDraft(ctx, m.MailboxAddress, mime, d.Size)
}

func (s *Service) openCopy(ctx context.Context, d store.Delivery, m store.Message) (io.ReadCloser, error) {
	// These two count as attempts, unlike a database that is away: a copy that is lost, or whose key is, is never found by
	// waiting, and must end in a report.
	key, err := s.Keeper.Unwrap(ctx, keeper.Wrapped{Version: m.KeyVersion, Bytes: m.WrappedKey})
	if err != nil {
		return nil, fmt.Errorf("opening a copy: %w", err)
	}
	mime, err := s.Spool.Open(ctx, d.SpoolName, key)
	if err != nil {
		return nil, fmt.Errorf("opening a copy: %w", err)
	}
	return mime, nil
}

func (s *Service) send(ctx context.Context, d store.Delivery, m store.Message) error {
	runOf(ctx).sent = true // until it is certain that it was not
	err := s.Post.Send(ctx, m.MailboxAddress, d.DraftID)
	if err == nil {
		return s.end(ctx, d, store.Change{To: store.Sent})
	}
	switch f := fault.From(err); f.Kind.Next() {
	case fault.LookFirst:
		// It may be on its way. It is looked for from the first look on.
		if err := s.step(ctx, &d, store.Change{To: store.Sending}); err != nil {
			return err
		}
		return s.later(f)
	case fault.AgainAfter, fault.Again:
		// The answer says that it was not taken. Some that said so have been delivered all the same, so one look comes first,
		// but no grace: a draft that is found lies there unsent. An error that nobody classified says nothing, and gets all of it.
		looks := s.Timing.GraceLooks
		if f.Kind == fault.Internal {
			looks = 0
		}
		if stepErr := s.step(ctx, &d, store.Change{To: store.Sending, Looks: looks}); stepErr != nil {
			return stepErr
		}
		return err
	case fault.Never:
		runOf(ctx).sent = false
		return s.failed(ctx, d, err)
	}
	return err
}

// look asks what became of a send before anything else is done.
func (s *Service) look(ctx context.Context, d store.Delivery, m store.Message) error {
	place, err := s.Post.Find(ctx, m.MailboxAddress, draftOf(d), m.HeaderID, addresses(d))
	if err != nil {
		return err
	}
	switch {
	case place == InSent:
		return s.end(ctx, d, store.Change{To: store.Sent})
	case d.DraftID == restored && d.Looks >= s.Timing.GraceLooks:
		return s.anew(ctx, d, m, place)
	case place == InDrafts && draftOf(d) != "" && d.Looks >= s.Timing.GraceLooks:
		if err := s.step(ctx, &d, store.Change{To: store.Sending}); err != nil {
			return err
		}
		return s.send(ctx, d, m)
	case (place == Nowhere || draftOf(d) == "") && d.Looks >= s.Timing.MaxLooks: // a draft that is not ours to send is no outcome
		return s.end(ctx, d, unknownOutcome())
	}
	if err := s.step(ctx, &d, store.Change{To: store.Sending, Looks: d.Looks + 1}); err != nil {
		return err
	}
	return s.later(nil)
}

// later asks the queue to come back for another look.
func (s *Service) later(cause error) error {
	f := fault.New(fault.Unclear, "outcome_unclear", fault.Sentence{DA: "Udfaldet undersøges.", EN: "The outcome is being looked into."}, cause)
	f.RetryAfter = s.Timing.LookPause
	return f
}

// failed ends a delivery whose answer is no, and hands everything else back to the queue.
func (s *Service) failed(ctx context.Context, d store.Delivery, err error) error {
	f := fault.From(err)
	if f.Kind.Next() != fault.Never {
		return err
	}
	s.Log.LogAttrs(ctx, slog.LevelWarn, "delivery rejected", slog.String("delivery_id", d.ID), slog.String("message_id", d.MessageID),
		slog.String("code", f.Code), slog.Any("err", f.Cause))
	return s.end(ctx, d, store.Change{To: store.Rejected, Code: f.Code, Say: f.Say})
}

// GiveUp ends a delivery that has used its attempts.
func (s *Service) GiveUp(ctx context.Context, deliveryID string, cause error) error {
	d, err := s.Store.Delivery(ctx, deliveryID)
	if err != nil || d.State.Final() {
		return err
	}
	s.Log.LogAttrs(ctx, slog.LevelError, "delivery given up", slog.String("delivery_id", d.ID), slog.String("message_id", d.MessageID),
		slog.String("state", string(d.State)), slog.String("code", fault.From(cause).Code))
	if d.State == store.Sending {
		return s.end(ctx, d, unknownOutcome())
	}
	return s.end(ctx, d, store.Change{To: store.Rejected, Code: "gave_up", Say: fault.Sentence{
		DA: "Det lykkedes ikke at sende mailen efter mange forsøg. Intet er nået frem. Send den igen, eller find en anden vej.",
		EN: "The mail could not be sent after many attempts. Nothing has arrived. Send it again, or find another way.",
	}})
}

func unknownOutcome() store.Change {
	return store.Change{To: store.Unknown, Code: "outcome_unknown", Say: fault.Sentence{
		DA: "Det er uvist, om mailen er nået frem. Spørg modtageren, før du sender den igen.",
		EN: "It is not known whether the mail has arrived. Ask the recipient before you send it again.",
	}}
}

func (s *Service) end(ctx context.Context, d store.Delivery, c store.Change) error {
	if err := s.step(ctx, &d, c); err != nil {
		return err
	}
	s.Ended(d.Kind, c.To)
	s.Log.LogAttrs(ctx, slog.LevelInfo, "delivery ended", slog.String("delivery_id", d.ID), slog.String("message_id", d.MessageID),
		slog.String("state", string(c.To)), slog.String("code", c.Code))
	if c.To == store.Unknown {
		return nil // a person may decide to send it again
	}
	s.clear(ctx, d)
	return nil
}

// clear takes a copy that is not needed any more out of the spool; the delivery has ended, whatever comes of it.
func (s *Service) clear(ctx context.Context, d store.Delivery) {
	if err := s.Spool.Delete(context.WithoutCancel(ctx), d.SpoolName); err != nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "a copy that has ended is left in the spool", slog.String("spool_name", d.SpoolName), slog.Any("err", err))
	}
}

func (s *Service) step(ctx context.Context, d *store.Delivery, c store.Change) error {
	c.From = d.State
	r := runOf(ctx)
	if r != nil {
		c.RequestIDs = r.news()
	}
	if r != nil && c.To.Final() {
		// In one commit: the receipt's job begins with it, and finds the place free.
		c.Attempt, c.Sent = r.attempt, r.sent
	}
	err := s.Store.ChangeDelivery(ctx, *d, c)
	if errors.Is(err, store.ErrMoved) {
		return err // another worker has it: Deliver's caller comes back and finds where it stands
	}
	if err != nil {
		return unavailable(err)
	}
	if c.Attempt != "" {
		r.ended = true
	}
	d.State, d.Looks = c.To, c.Looks
	if c.DraftID != "" {
		d.DraftID = c.DraftID
	}
	return nil
}
