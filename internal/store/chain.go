package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
)

// The audit log's chain. Rows are written inside the transactions that they tell of, many at a time; each would wait for the one
// before if it had to know its hash. So they are put in order afterwards, by whoever holds the one row of audit_head.

// AuditRow is a row of the log in its place.
type AuditRow struct {
	chain.Row
	chain.Link
}

// AuditState is how far the chain is.
type AuditState struct {
	Sequence uint64 // of the newest row
	Hash     chain.Hash
	Begins   uint64    // rows up to this one have been removed after their time
	Waiting  int       // rows that are not in the chain yet
	Oldest   time.Time // of these; zero where there are none
}

// AuditState tells it.
func (s *Store) AuditState(ctx context.Context) (a AuditState, err error) {
	var hash []byte
	var oldest sql.NullInt64
	err = s.db.QueryRowContext(ctx, `SELECT h.sequence, h.hash, h.begins, (SELECT COUNT(*) FROM audit_unchained),
		(SELECT MIN(a.at) FROM audit_unchained u JOIN audit a ON a.id = u.audit_id) FROM audit_head h`).
		Scan(&a.Sequence, &hash, &a.Begins, &a.Waiting, &oldest)
	if err != nil {
		return a, fmt.Errorf("reading the state of the audit log: %w", err)
	}
	copy(a.Hash[:], hash)
	a.Oldest = whenSet(oldest)
	return a, nil
}

// lockedHead is the end of the chain, which stays as it is until the transaction ends.
func (s *Store) lockedHead(ctx context.Context, tx *transaction) (sequence uint64, hash chain.Hash, err error) {
	var text []byte
	if err := tx.QueryRowContext(ctx, `SELECT sequence, hash FROM audit_head`+s.dialect.lock("audit_head")).Scan(&sequence, &text); err != nil {
		return 0, hash, fmt.Errorf("reading the end of the audit log: %w", err)
	}
	copy(hash[:], text)
	return sequence, hash, nil
}

const auditFields = `a.at, a.actor_kind, a.actor_id, a.action, a.mailbox, COALESCE(a.message_id, ''), COALESCE(a.summary, ''), a.detail`

// ChainAudit puts up to limit rows that have none in their places, and says how many it were.
func (s *Store) ChainAudit(ctx context.Context, limit int) (n int, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		sequence, hash, err := s.lockedHead(ctx, tx)
		if err != nil {
			return err
		}
		ids, rows, err := unchained(ctx, tx, limit)
		if err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			link := rows[i].Chain(hash, sequence+1)
			_, err := tx.ExecContext(ctx, `INSERT INTO audit_chain (sequence, audit_id, salt, commitment, previous, hash) VALUES (?, ?, ?, ?, ?, ?)`,
				link.Sequence, ids[i], rows[i].Salt, rows[i].Commitment[:], link.Previous[:], link.Hash[:])
			if err != nil {
				return fmt.Errorf("chaining an audit row: %w", err)
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM audit_unchained WHERE audit_id = ?`, ids[i]); err != nil {
				return fmt.Errorf("chaining an audit row: %w", err)
			}
			sequence, hash = link.Sequence, link.Hash
		}
		n = len(rows)
		if _, err := tx.ExecContext(ctx, `UPDATE audit_head SET sequence = ?, hash = ?`, sequence, hash[:]); err != nil {
			return fmt.Errorf("moving the end of the audit log: %w", err)
		}
		return nil
	})
	return n, err
}

func unchained(ctx context.Context, tx *transaction, limit int) (ids []int64, list []chain.Row, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT a.id, `+auditFields+` FROM audit_unchained u JOIN audit a ON a.id = u.audit_id ORDER BY a.id LIMIT ?`, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("reading audit rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, at int64
		var r chain.Row
		if err := rows.Scan(&id, &at, &r.ActorKind, &r.ActorID, &r.Action, &r.Mailbox, &r.MessageID, &r.Summary, &r.Detail); err != nil {
			return nil, nil, fmt.Errorf("reading audit rows: %w", err)
		}
		r.At = fromMillis(at)
		ids, list = append(ids, id), append(list, r)
	}
	return ids, list, rows.Err()
}

// erasable are the actions whose detail names people outside, who are in the log for the sake of a mail and not of a decision.
const erasable = `action IN ('message_accepted', 'certificate_harvested')`

// EraseAuditDetails erases the details of rows from before a time whose message has been erased, and their salts with them, so that
// nothing can be tried on what is left. What, when, by whom, as which mailbox and the summary stay.
func (s *Store) EraseAuditDetails(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		rows, err := tx.QueryContext(ctx, `SELECT a.id FROM audit a JOIN audit_chain c ON c.audit_id = a.id WHERE a.at < ? AND a.detail <> '' AND a.`+erasable+`
			AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = a.message_id) ORDER BY a.at LIMIT ?`, toMillis(before), limit)
		if err != nil {
			return fmt.Errorf("reading details whose time is over: %w", err)
		}
		ids, err := scanned[int64](rows)
		if err != nil || len(ids) == 0 {
			return err
		}
		args := make([]any, len(ids))
		for i, id := range ids {
			args[i] = id
		}
		for _, query := range []string{`UPDATE audit SET detail = '' WHERE id IN (`, `UPDATE audit_chain SET salt = NULL WHERE audit_id IN (`} {
			if _, err := tx.ExecContext(ctx, query+marks(len(ids))+`)`, args...); err != nil {
				return fmt.Errorf("erasing details whose time is over: %w", err)
			}
		}
		n = len(ids)
		return nil
	})
	return n, err
}

func scanned[T any](rows *sql.Rows) (list []T, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one T
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

// ShortenAudit removes the rows up to the newest checkpoint from before a time: the log then begins there, with a signature that says
// what was before. It gives that checkpoint and how many rows went; none is no error.
func (s *Store) ShortenAudit(ctx context.Context, before time.Time) (from chain.Checkpoint, n int, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		if _, _, err := s.lockedHead(ctx, tx); err != nil {
			return err
		}
		from, err = scanCheckpoint(tx.QueryRowContext(ctx, checkpointColumns+`WHERE at < ? ORDER BY number DESC LIMIT 1`, toMillis(before)))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE audit_head SET begins = ? WHERE begins < ?`, from.Sequence, from.Sequence)
		if err != nil {
			return fmt.Errorf("shortening the audit log: %w", err)
		}
		if moved, err := result.RowsAffected(); err != nil || moved == 0 {
			return err
		}
		result, err = tx.ExecContext(ctx, `DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE sequence <= ?)`, from.Sequence)
		if err != nil {
			return fmt.Errorf("shortening the audit log: %w", err)
		}
		gone, err := result.RowsAffected()
		n = int(gone)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM audit_checkpoint WHERE number < ?`, from.Number); err != nil {
			return fmt.Errorf("shortening the audit log: %w", err)
		}
		return nil
	})
	return from, n, err
}
