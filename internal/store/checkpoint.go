package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
)

const checkpointColumns = `SELECT number, at, sequence, hash, key_id, signature FROM audit_checkpoint `

func scanCheckpoint(row interface{ Scan(into ...any) error }) (c chain.Checkpoint, err error) {
	var at int64
	var hash []byte
	err = row.Scan(&c.Number, &at, &c.Sequence, &hash, &c.Key, &c.Signature)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("reading a checkpoint of the audit log: %w", err)
	}
	copy(c.Hash[:], hash)
	c.At = fromMillis(at)
	return c, nil
}

// LastCheckpoint is the newest; ErrNotFound where the log has never been signed.
func (s *Store) LastCheckpoint(ctx context.Context) (chain.Checkpoint, error) {
	return scanCheckpoint(s.db.QueryRowContext(ctx, checkpointColumns+`ORDER BY number DESC LIMIT 1`))
}

// Checkpoints lists those about the rows from one to another, in order.
func (s *Store) Checkpoints(ctx context.Context, from, to uint64, limit int, after uint64) ([]chain.Checkpoint, error) {
	rows, err := s.db.QueryContext(ctx, checkpointColumns+`WHERE sequence BETWEEN ? AND ? AND number > ? ORDER BY number LIMIT ?`, from, to, after, limit)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoints of the audit log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []chain.Checkpoint
	for rows.Next() {
		c, err := scanCheckpoint(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// AddCheckpoint signs the end of the chain as it is then; sign gets it with its number and time. Whoever comes second on the same
// day (UTC) signs nothing.
func (s *Store) AddCheckpoint(ctx context.Context, now time.Time, sign func(c *chain.Checkpoint)) (c chain.Checkpoint, added bool, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		sequence, hash, err := s.lockedHead(ctx, tx)
		if err != nil {
			return err
		}
		last, err := scanCheckpoint(tx.QueryRowContext(ctx, checkpointColumns+`ORDER BY number DESC LIMIT 1`))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if last.Number > 0 && SameDay(last.At, now) {
			return nil
		}
		c = chain.Checkpoint{Number: last.Number + 1, At: fromMillis(toMillis(now)), Sequence: sequence, Hash: hash}
		sign(&c)
		added = true
		_, err = tx.ExecContext(ctx, `INSERT INTO audit_checkpoint (number, at, sequence, hash, key_id, signature) VALUES (?, ?, ?, ?, ?, ?)`,
			c.Number, toMillis(c.At), c.Sequence, c.Hash[:], c.Key, c.Signature)
		if err != nil {
			return fmt.Errorf("storing a checkpoint of the audit log: %w", err)
		}
		return nil
	})
	return c, added && err == nil, err
}

// SameDay compares days as they are counted here: in UTC, of which no day has an hour twice.
func SameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// AuditKey is a key that signs the log, as it rests.
type AuditKey struct {
	ID         string
	Public     []byte
	Private    []byte // encrypted
	WrappedKey []byte
	KeyVersion string
	CreatedAt  time.Time
}

// AuditKeys lists them, the newest first.
func (s *Store) AuditKeys(ctx context.Context) ([]AuditKey, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, public, private, wrapped_key, key_version, created_at FROM audit_key ORDER BY created_at DESC, id`)
	if err != nil {
		return nil, fmt.Errorf("reading the keys of the audit log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []AuditKey
	for rows.Next() {
		var k AuditKey
		var at int64
		if err := rows.Scan(&k.ID, &k.Public, &k.Private, &k.WrappedKey, &k.KeyVersion, &at); err != nil {
			return nil, fmt.Errorf("reading the keys of the audit log: %w", err)
		}
		k.CreatedAt = fromMillis(at)
		list = append(list, k)
	}
	return list, rows.Err()
}

// AddFirstAuditKey stores the key of a log that has none. Two machines that start at once must not each sign with their own.
func (s *Store) AddFirstAuditKey(ctx context.Context, k AuditKey) error {
	return s.inTx(ctx, func(tx *transaction) error {
		if _, _, err := s.lockedHead(ctx, tx); err != nil {
			return err
		}
		var keys int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit_key`).Scan(&keys); err != nil || keys > 0 {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO audit_key (id, public, private, wrapped_key, key_version, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
			k.ID, k.Public, k.Private, k.WrappedKey, k.KeyVersion, toMillis(s.now()))
		if err != nil {
			return fmt.Errorf("storing the key of the audit log: %w", err)
		}
		return nil
	})
}
