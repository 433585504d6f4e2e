package store

import (
	"context"
	"fmt"
	"time"
)

// What is done by one machine now and then: erasing what is old, finding what nobody needs, and wrapping keys anew.

// open are the states of a delivery whose copy is still needed: a person may decide to send an unknown one again.
const open = `('queued', 'drafting', 'sending', 'unknown')`

// Needed says which of these copies in the spool a delivery may still need.
func (s *Store) Needed(ctx context.Context, spoolNames []string) (map[string]bool, error) {
	needed := map[string]bool{}
	if len(spoolNames) == 0 {
		return needed, nil
	}
	args := make([]any, len(spoolNames))
	for i, name := range spoolNames {
		args[i] = name
	}
	list, err := s.strings(ctx, `SELECT spool_name FROM delivery WHERE state IN `+open+` AND spool_name IN (`+marks(len(args))+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading which copies are needed: %w", err)
	}
	for _, name := range list {
		needed[name] = true
	}
	return needed, nil
}

// EraseMessages erases up to limit messages that were accepted before a time and have ended, with all that is kept of them but
// the audit. It says how many.
func (s *Store) EraseMessages(ctx context.Context, before time.Time, limit int) (int, error) {
	result, err := s.db.ExecContext(ctx, `DELETE FROM message WHERE id IN (SELECT m.id FROM message m WHERE m.accepted_at < ?
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id AND d.state IN ('queued', 'drafting', 'sending'))
		ORDER BY m.accepted_at LIMIT ?)`, toMillis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("erasing messages: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Attempted is a delivery that has ended and whose attempts, other than to ask, were more than one: drafts of it may have been left
// behind.
type Attempted struct {
	Mailbox    string
	HeaderID   string
	DraftID    string // the one that was sent; "" where none was
	State      State
	Recipients []string
}

// LeftDrafts lists deliveries that ended between two times and may have left drafts behind: those tried more than once, and
// those that were rejected after a draft was made.
func (s *Store) LeftDrafts(ctx context.Context, from, until time.Time) ([]Attempted, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT d.id, b.address, m.header_id, COALESCE(d.draft_id, ''), d.state, r.address
		FROM delivery d JOIN message m ON m.id = d.message_id JOIN mailbox b ON b.id = m.mailbox_id JOIN recipient r ON r.delivery_id = d.id
		WHERE d.changed_at >= ? AND d.changed_at < ? AND d.state IN ('sent', 'rejected')
		AND (d.state = 'rejected' AND d.draft_id IS NOT NULL OR (SELECT COUNT(*) FROM attempt a WHERE a.delivery_id = d.id AND a.recipients > 0) > 1)
		ORDER BY d.id, r.position`, toMillis(from), toMillis(until))
	if err != nil {
		return nil, fmt.Errorf("reading which drafts may be left: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Attempted
	last := ""
	for rows.Next() {
		var a Attempted
		var id, address string
		if err := rows.Scan(&id, &a.Mailbox, &a.HeaderID, &a.DraftID, &a.State, &address); err != nil {
			return nil, fmt.Errorf("reading which drafts may be left: %w", err)
		}
		if id != last {
			list, last = append(list, a), id
		}
		list[len(list)-1].Recipients = append(list[len(list)-1].Recipients, address)
	}
	return list, rows.Err()
}

// Wrapped is a key at rest, and whose it is.
type Wrapped struct {
	Table   string // "message", "mailbox", "mailbox_key" or "audit_key"
	ID      string
	Bytes   []byte
	Version string
}

// WrappedBefore lists up to limit keys that another version of the master key wrapped than this one, by id; after is the last one
// of the page before.
func (s *Store) WrappedBefore(ctx context.Context, version, after string, limit int) ([]Wrapped, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT 'message' AS kind, id, wrapped_key, key_version FROM message WHERE key_version <> ? AND id > ?
		UNION ALL SELECT 'mailbox' AS kind, id, wrapped_key, key_version FROM mailbox WHERE key_version <> ? AND id > ?
		UNION ALL SELECT 'audit_key' AS kind, id, wrapped_key, key_version FROM audit_key WHERE key_version <> ? AND id > ?
		UNION ALL SELECT 'mailbox_key' AS kind, id, wrapped_key, key_version FROM mailbox_key WHERE key_version <> ? AND id > ?
		ORDER BY id LIMIT ?`, version, after, version, after, version, after, version, after, limit)
	if err != nil {
		return nil, fmt.Errorf("reading wrapped keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Wrapped
	for rows.Next() {
		var w Wrapped
		if err := rows.Scan(&w.Table, &w.ID, &w.Bytes, &w.Version); err != nil {
			return nil, fmt.Errorf("reading wrapped keys: %w", err)
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

// Rewrap replaces a key by the same one, wrapped anew. One that somebody else has changed meanwhile stays as it is.
func (s *Store) Rewrap(ctx context.Context, old Wrapped, wrapped []byte, version string) error {
	query := `UPDATE message SET wrapped_key = ?, key_version = ? WHERE id = ? AND key_version = ?`
	switch old.Table {
	case "mailbox":
		query = `UPDATE mailbox SET wrapped_key = ?, key_version = ? WHERE id = ? AND key_version = ?`
	case "audit_key":
		query = `UPDATE audit_key SET wrapped_key = ?, key_version = ? WHERE id = ? AND key_version = ?`
	case "mailbox_key":
		query = `UPDATE mailbox_key SET wrapped_key = ?, key_version = ? WHERE id = ? AND key_version = ?`
	}
	if _, err := s.db.ExecContext(ctx, query, wrapped, version, old.ID, old.Version); err != nil {
		return fmt.Errorf("storing a wrapped key: %w", err)
	}
	return nil
}
