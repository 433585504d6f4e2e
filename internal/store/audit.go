package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aau.dk/sendsikker/internal/audit"
)

func insertAudit(ctx context.Context, tx *transaction, e audit.Entry) error {
	detail, err := e.JSON()
	if err != nil {
		return fmt.Errorf("writing an audit entry: %w", err)
	}
	summary, err := e.SummaryJSON()
	if err != nil {
		return fmt.Errorf("writing an audit entry: %w", err)
	}
	// PostgreSQL takes nothing but UTF-8, and what is hashed must be what every reader sees.
	_, err = tx.ExecContext(ctx, `INSERT INTO audit (at, actor_kind, actor_id, action, mailbox, message_id, detail, summary) VALUES (?, ?, ?, ?, ?, NULLIF(?, ''), ?, NULLIF(?, ''))`,
		toMillis(e.At), e.Actor.Kind, strings.ToValidUTF8(e.Actor.ID, "\ufffd"), e.Action, strings.ToValidUTF8(e.Mailbox, "\ufffd"), e.MessageID, string(detail), summary)
	if err != nil {
		return fmt.Errorf("storing an audit entry: %w", err)
	}
	return nil
}

// errUnchanged is the word of a change that turned out to be none.
var errUnchanged = errors.New("nothing was changed")

// look reads what a change is about, as it is shown in the log; nil is that it is not there.
type look func(ctx context.Context, tx *transaction) (any, error)

// change runs one statement and logs it in the same transaction, with how it was before and after. A statement that changed nothing
// is not logged.
func (s *Store) change(ctx context.Context, entry audit.Entry, look look, query string, args ...any) (changed int64, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		return s.changing(ctx, tx, entry, look, func() error {
			result, err := tx.ExecContext(ctx, query, args...)
			if err != nil {
				return err
			}
			if changed, err = result.RowsAffected(); err == nil && changed == 0 {
				return errUnchanged
			}
			return err
		})
	})
	return changed, err
}

// changing does something in a transaction and logs it there, unless it changed nothing (errUnchanged).
func (s *Store) changing(ctx context.Context, tx *transaction, entry audit.Entry, look look, do func() error) (err error) {
	entry.Changed = true
	if entry.Before, err = look(ctx, tx); err != nil {
		return fmt.Errorf("reading what is to be changed: %w", err)
	}
	if err := do(); err != nil {
		if err == errUnchanged { //nolint:errorlint // it is a word of ours, wrapped by nobody
			return nil
		}
		return err
	}
	if entry.After, err = look(ctx, tx); err != nil {
		return fmt.Errorf("reading what was changed: %w", err)
	}
	return insertAudit(ctx, tx, entry)
}

// changeOne is change for a row that must be there.
func (s *Store) changeOne(ctx context.Context, what string, entry audit.Entry, look look, query string, args ...any) error {
	changed, err := s.change(ctx, entry, look, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if changed == 0 {
		return ErrNotFound
	}
	return nil
}
