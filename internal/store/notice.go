package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Again is the code of the event that a receipt or report was put into the mailbox once more.
const Again = "again"

// SetNotice records that a message's receipt or report lies in the function mailbox.
func (s *Store) SetNotice(ctx context.Context, messageID, kind string) error {
	return s.inTx(ctx, func(tx *transaction) error {
		if err := s.lockMessage(ctx, tx, messageID); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE message SET notice_kind = ?, notice_at = ? WHERE id = ? AND notice_kind IS NULL`,
			kind, toMillis(s.now()), messageID)
		if err != nil {
			return fmt.Errorf("recording a notice: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return s.tell(ctx, tx, messageID, Event{At: s.now(), What: What(kind)})
	})
}

// AskNotice has the receipt or report put into the mailbox once more. before is the NoticeAt that whoever asks has seen: who has seen
// an older one gets ErrMoved, so that two clicks, or two people, ask once.
func (s *Store) AskNotice(ctx context.Context, messageID, kind string, before time.Time, entry audit.Entry) error {
	was := int64(0)
	if !before.IsZero() {
		was = toMillis(before)
	}
	return s.inTx(ctx, func(tx *transaction) error {
		if err := s.lockMessage(ctx, tx, messageID); err != nil {
			return err
		}
		asked := max(toMillis(s.now()), was+1) // each has a time of its own, by which its job knows it
		return s.changing(ctx, tx, entry, s.noticeLook(messageID), func() error {
			result, err := tx.ExecContext(ctx, `UPDATE message SET notice_kind = ?, notice_at = ? WHERE id = ? AND COALESCE(notice_at, 0) = ? AND cancelled_at IS NULL`,
				kind, asked, messageID, was)
			if err != nil {
				return fmt.Errorf("asking for a notice: %w", err)
			}
			if n, err := result.RowsAffected(); err != nil || n != 1 {
				return errors.Join(ErrMoved, err)
			}
			return s.enqueueNotice(ctx, tx, noticeArgs{MessageID: messageID, Asked: asked})
		})
	})
}

// NoticePut records that the one that was asked for lies in the mailbox. Doing it twice is the same.
func (s *Store) NoticePut(ctx context.Context, messageID, kind string, asked time.Time) error {
	return s.inTx(ctx, func(tx *transaction) error {
		if err := s.lockMessage(ctx, tx, messageID); err != nil {
			return err
		}
		var told int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM event WHERE message_id = ? AND what IN ('receipt', 'report') AND code = ? AND at >= ?`,
			messageID, Again, toMillis(asked)).Scan(&told)
		if err != nil {
			return fmt.Errorf("reading a time line: %w", err)
		}
		if told > 0 {
			return nil
		}
		at := s.now()
		if at.Before(asked) { // by the clock of another machine
			at = asked
		}
		return s.tell(ctx, tx, messageID, Event{At: at, What: What(kind), Code: Again})
	})
}
