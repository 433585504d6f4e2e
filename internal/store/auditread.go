package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
)

// AuditFilter is which rows of the audit log to look at. Its zero value is all.
type AuditFilter struct {
	Since   time.Time // zero: from the beginning
	Until   time.Time // before then; zero: to the end
	Mailbox string
	Actor   string // id
	Action  string
	Message string
}

// Matches says whether a row is one of them.
func (f AuditFilter) Matches(r chain.Row) bool {
	return (f.Since.IsZero() || !r.At.Before(f.Since)) && (f.Until.IsZero() || r.At.Before(f.Until)) && (f.Mailbox == "" || r.Mailbox == f.Mailbox) &&
		(f.Actor == "" || r.ActorID == f.Actor) && (f.Action == "" || r.Action == f.Action) && (f.Message == "" || r.MessageID == f.Message)
}

func (f AuditFilter) where() (where string, args []any) {
	add := func(condition string, arg any) {
		where, args = where+" AND "+condition, append(args, arg)
	}
	if !f.Since.IsZero() {
		add("a.at >= ?", toMillis(f.Since))
	}
	if !f.Until.IsZero() {
		add("a.at < ?", toMillis(f.Until))
	}
	for _, one := range []struct{ column, value string }{{"a.mailbox", f.Mailbox}, {"a.actor_id", f.Actor}, {"a.action", f.Action}, {"a.message_id", f.Message}} {
		if one.value != "" {
			add(one.column+" = ?", one.value)
		}
	}
	return where, args
}

const auditColumns = `SELECT ` + auditFields + `, c.salt, c.commitment, c.sequence, c.previous, c.hash FROM audit_chain c JOIN audit a ON a.id = c.audit_id `

// AuditSpan is the first and the last row in the chain after one that the filter holds; found is false where it holds none.
func (s *Store) AuditSpan(ctx context.Context, f AuditFilter, after uint64) (first, last uint64, found bool, err error) {
	where, args := f.where()
	var low, high sql.NullInt64
	err = s.db.QueryRowContext(ctx, `SELECT MIN(c.sequence), MAX(c.sequence) FROM audit_chain c JOIN audit a ON a.id = c.audit_id WHERE c.sequence > ?`+where,
		append([]any{after}, args...)...).Scan(&low, &high)
	if err != nil {
		return 0, 0, false, fmt.Errorf("reading the audit log: %w", err)
	}
	return uint64(low.Int64), uint64(high.Int64), low.Valid, nil
}

// AuditRange lists the rows after one up to another, in order.
func (s *Store) AuditRange(ctx context.Context, after, to uint64, limit int) ([]AuditRow, error) {
	return s.auditRows(ctx, `WHERE c.sequence > ? AND c.sequence <= ? ORDER BY c.sequence LIMIT ?`, after, to, limit)
}

// AuditHash is the hash of a row: of one that has been removed after its time only if the log begins after it.
func (s *Store) AuditHash(ctx context.Context, sequence uint64) (h chain.Hash, err error) {
	if sequence == 0 {
		return h, nil
	}
	var hash []byte
	err = s.db.QueryRowContext(ctx, `SELECT hash FROM audit_chain WHERE sequence = ? UNION ALL SELECT hash FROM audit_checkpoint WHERE sequence = ? LIMIT 1`,
		sequence, sequence).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return h, ErrNotFound
	}
	if err != nil {
		return h, fmt.Errorf("reading the audit log: %w", err)
	}
	copy(h[:], hash)
	return h, nil
}

// AuditPage lists up to limit rows for people to read, the newest first; before is the last one of the page before, 0 is from the
// newest. They stand in the order in which they were written, for which each filter has an index; they were chained in nearly the same.
func (s *Store) AuditPage(ctx context.Context, f AuditFilter, before uint64, limit int) ([]AuditRow, error) {
	where, args := f.where()
	if before > 0 {
		where, args = where+" AND a.id < (SELECT audit_id FROM audit_chain WHERE sequence = ?)", append(args, before)
	}
	return s.auditRows(ctx, `WHERE TRUE`+where+` ORDER BY a.id DESC LIMIT ?`, append(args, limit)...)
}

// AuditActions lists the actions that stand in the log.
func (s *Store) AuditActions(ctx context.Context) ([]string, error) {
	// One look into the index for each action, however many rows there are.
	return s.strings(ctx, `WITH RECURSIVE one (action) AS (SELECT MIN(action) FROM audit
		UNION ALL SELECT (SELECT MIN(a.action) FROM audit a WHERE a.action > one.action) FROM one WHERE one.action IS NOT NULL)
		SELECT action FROM one WHERE action IS NOT NULL`)
}

func (s *Store) auditRows(ctx context.Context, where string, args ...any) ([]AuditRow, error) {
	rows, err := s.db.QueryContext(ctx, auditColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []AuditRow
	for rows.Next() {
		var r AuditRow
		var at int64
		var salt, commitment, previous, hash []byte
		if err := rows.Scan(&at, &r.ActorKind, &r.ActorID, &r.Action, &r.Mailbox, &r.MessageID, &r.Summary, &r.Detail,
			&salt, &commitment, &r.Sequence, &previous, &hash); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		r.At = fromMillis(at)
		if salt != nil {
			r.Salt = salt
		}
		copy(r.Commitment[:], commitment)
		copy(r.Previous[:], previous)
		copy(r.Hash[:], hash)
		list = append(list, r)
	}
	return list, rows.Err()
}
