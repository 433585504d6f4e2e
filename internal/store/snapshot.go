package store

import (
	"context"
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/audit"
)

// ErrNoSnapshot: PostgreSQL has programs of its own for it.
var ErrNoSnapshot = errors.New("only an SQLite database is copied by this program: use pg_dump, or your provider's backups")

// Snapshot writes the database as it is at one moment into a new file, while others go on writing.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	if err := s.dialect.snapshot(ctx, path); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	return nil
}

// NeededCopies are the names in the spool of all copies that a delivery may still need.
func (s *Store) NeededCopies(ctx context.Context) ([]string, error) {
	list, err := s.strings(ctx, `SELECT spool_name FROM delivery WHERE state IN `+open+` ORDER BY spool_name`)
	if err != nil {
		return nil, fmt.Errorf("reading which copies are needed: %w", err)
	}
	return list, nil
}

// Undelivered lists copies that had not been sent, and of which no send had begun.
func (s *Store) Undelivered(ctx context.Context) ([]Delivery, error) {
	byMessage, err := s.deliveries(ctx, `d.state IN ('queued', 'drafting')`)
	if err != nil {
		return nil, err
	}
	var list []Delivery
	for _, some := range byMessage {
		list = append(list, some...)
	}
	return list, nil
}

// Restored does, in one transaction, what a database needs that was put back from a backup: each copy takes its step, and it is written down.
func (s *Store) Restored(ctx context.Context, list []Delivery, step func(Delivery) Change, e audit.Entry) error {
	return s.inTx(ctx, func(tx *transaction) error {
		for _, d := range list {
			c := step(d)
			c.From = d.State
			if err := s.change1(ctx, tx, d, c); err != nil {
				return err
			}
			if !c.To.Final() {
				continue
			}
			if err := s.noticeAfterLast(ctx, tx, d.MessageID); err != nil {
				return err
			}
		}
		return insertAudit(ctx, tx, e)
	})
}
