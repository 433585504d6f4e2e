package store

import (
	"context"
	"fmt"

	"aau.dk/sendsikker/internal/audit"
)

func insertAudit(ctx context.Context, tx *transaction, e audit.Entry) error {
	detail, err := e.JSON()
	if err != nil {
		return fmt.Errorf("writing an audit entry: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO audit (at, actor_kind, actor_id, action, mailbox, message_id, detail) VALUES (?, ?, ?, ?, ?, NULLIF(?, ''), ?)`,
		toMillis(e.At), e.Actor.Kind, e.Actor.ID, e.Action, e.Mailbox, e.MessageID, string(detail))
	if err != nil {
		return fmt.Errorf("storing an audit entry: %w", err)
	}
	return nil
}

// change runs one statement and logs it in the same transaction. A statement that changed nothing is not logged.
func (s *Store) change(ctx context.Context, entry audit.Entry, query string, args ...any) (changed int64, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		result, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		changed, err = result.RowsAffected()
		if err != nil || changed == 0 {
			return err
		}
		return insertAudit(ctx, tx, entry)
	})
	return changed, err
}

// changeOne is change for a row that must be there.
func (s *Store) changeOne(ctx context.Context, what string, entry audit.Entry, query string, args ...any) error {
	changed, err := s.change(ctx, entry, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if changed == 0 {
		return ErrNotFound
	}
	return nil
}
