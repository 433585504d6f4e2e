package store

import (
	"context"
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
)

// ErrTooLate says that the message is on its way, or has ended.
var ErrTooLate = errors.New("the message is on its way")

// CancelMessage takes a message back of which nothing has been tried yet: none of its copies is ever sent. Doing it twice is the
// same.
func (s *Store) CancelMessage(ctx context.Context, id string, say fault.Sentence, entry audit.Entry) error {
	return s.inTx(ctx, func(tx *transaction) error {
		if err := s.lockMessage(ctx, tx, id); err != nil {
			return err
		}
		var all, queued, cancelled int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN d.state = 'queued' THEN 1 END), COUNT(m.cancelled_at)
			FROM delivery d JOIN message m ON m.id = d.message_id WHERE m.id = ?`, id).Scan(&all, &queued, &cancelled)
		switch {
		case err != nil:
			return fmt.Errorf("reading a message: %w", err)
		case cancelled > 0:
			return nil
		case queued < all || all == 0:
			return ErrTooLate
		}
		return s.changing(ctx, tx, entry, s.messageLook(id), func() error { return s.cancel(ctx, tx, id, say) })
	})
}

func (s *Store) cancel(ctx context.Context, tx *transaction, id string, say fault.Sentence) error {
	now := s.now()
	if _, err := tx.ExecContext(ctx, `UPDATE message SET cancelled_at = ? WHERE id = ?`, toMillis(now), id); err != nil {
		return fmt.Errorf("cancelling a message: %w", err)
	}
	_, err := tx.ExecContext(ctx, `UPDATE delivery SET state = 'rejected', code = 'cancelled', say_da = ?, say_en = ?, changed_at = ? WHERE message_id = ?`,
		say.DA, say.EN, toMillis(now), id)
	if err != nil {
		return fmt.Errorf("cancelling a message: %w", err)
	}
	return s.tell(ctx, tx, id, Event{At: now, What: Cancelled})
}

// Resolve ends the doubt about a delivery whose outcome nobody knows: it arrived, or it is to be sent again, from the start.
func (s *Store) Resolve(ctx context.Context, d Delivery, arrived bool, entry audit.Entry) error {
	return s.inTx(ctx, func(tx *transaction) error {
		if err := s.lockMessage(ctx, tx, d.MessageID); err != nil {
			return err
		}
		return s.changing(ctx, tx, entry, s.deliveryLook(d.ID), func() error { return s.resolve(ctx, tx, d, arrived) })
	})
}

func (s *Store) resolve(ctx context.Context, tx *transaction, d Delivery, arrived bool) error {
	query, what := `UPDATE delivery SET state = 'queued', draft_id = NULL, looks = 0, code = NULL, say_da = NULL, say_en = NULL, changed_at = ?
			WHERE id = ? AND state = 'unknown'`, SentAgain
	if arrived {
		query, what = `UPDATE delivery SET state = 'sent', code = NULL, say_da = NULL, say_en = NULL, changed_at = ? WHERE id = ? AND state = 'unknown' AND draft_id IS NOT NULL`, SentOff
	}
	result, err := tx.ExecContext(ctx, query, toMillis(s.now()), d.ID)
	if err != nil {
		return fmt.Errorf("resolving a delivery: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrMoved, err)
	}
	if err := s.tell(ctx, tx, d.MessageID, Event{DeliveryID: d.ID, At: s.now(), What: what, Code: "decided"}); err != nil {
		return err
	}
	if arrived {
		return nil
	}
	return s.enqueueDeliveries(ctx, tx, []Delivery{d}, s.now())
}
