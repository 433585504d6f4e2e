package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// KeyState is what a key of a mailbox is, beside the one that signs.
type KeyState string

const (
	KeyRequested KeyState = "requested" // made here, and waits for its certificate
	KeyHeld      KeyState = "held"      // has a certificate, and waits for an administrator to look at it
	KeyPlanned   KeyState = "planned"   // will sign from a time on
	KeyFormer    KeyState = "former"    // has signed, and is kept to open old mail
)

// ErrPlanned is the answer to a second plan: what becomes of the first must be decided first.
var ErrPlanned = errors.New("another key is planned already")

// MailboxKey is a key of a mailbox beside the one that signs, as it rests.
type MailboxKey struct {
	ID          string
	Address     string
	State       KeyState
	Certificate []byte // DER; none of a requested one
	Chain       []byte
	Request     []byte // PKCS #10, DER; of one that was made here
	Key         []byte // as in Mailbox, like the next three
	Reference   string
	WrappedKey  []byte
	KeyVersion  string
	CreatedAt   time.Time
	From        time.Time // of a planned one
	Ended       time.Time // of a former one
}

// AddMailboxKey stores a requested or held one.
func (s *Store) AddMailboxKey(ctx context.Context, k MailboxKey, entry audit.Entry) error {
	if k.Chain == nil {
		k.Chain = []byte{}
	}
	_, err := s.change(ctx, entry, s.keyLook(k.ID), `INSERT INTO mailbox_key (id, address, state, certificate, chain, request, key, wrapped_key, key_version, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, k.ID, k.Address, string(k.State), k.Certificate, k.Chain, k.Request, keyColumn(k.Key, k.Reference), k.WrappedKey, k.KeyVersion, toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing a mailbox's key: %w", err)
	}
	return nil
}

// HoldMailboxKey gives a requested key its certificate.
func (s *Store) HoldMailboxKey(ctx context.Context, id string, certificate, chain []byte, entry audit.Entry) error {
	if chain == nil {
		chain = []byte{}
	}
	return s.changeOne(ctx, "storing a requested certificate", entry, s.keyLook(id), `UPDATE mailbox_key SET state = 'held', certificate = ?, chain = ? WHERE id = ? AND state = 'requested'`,
		certificate, chain, id)
}

// PlanMailboxKey has a held key sign from a time on.
func (s *Store) PlanMailboxKey(ctx context.Context, id string, from time.Time, entry audit.Entry) error {
	err := s.changeOne(ctx, "planning a mailbox's key", entry, s.keyLook(id), `UPDATE mailbox_key SET state = 'planned', from_at = ? WHERE id = ? AND state = 'held'`, toMillis(from), id)
	if err != nil && s.dialect.isDuplicate(errors.Unwrap(err)) {
		return ErrPlanned
	}
	return err
}

// endHeld takes away what has moved into its mailbox. Another version means that the caller holds a wrapped key of before.
func endHeld(ctx context.Context, tx *transaction, id, version string) error {
	if id == "" {
		return nil
	}
	result, err := tx.ExecContext(ctx, `DELETE FROM mailbox_key WHERE id = ? AND state = 'held' AND key_version = ?`, id, version)
	if err != nil {
		return fmt.Errorf("ending a held key: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrNotFound, err)
	}
	return nil
}

const mailboxKeyColumns = `SELECT id, address, state, certificate, chain, request, key, wrapped_key, key_version, created_at, COALESCE(from_at, 0), COALESCE(ended_at, 0)
	FROM mailbox_key `

// MailboxKeys lists the keys of a mailbox beside the one that signs, the newest first.
func (s *Store) MailboxKeys(ctx context.Context, address string) ([]MailboxKey, error) {
	return s.mailboxKeys(ctx, mailboxKeyColumns+`WHERE address = ? ORDER BY state, COALESCE(ended_at, created_at) DESC, id`, address)
}

// KeysOf lists all that are in one state, by address.
func (s *Store) KeysOf(ctx context.Context, state KeyState) ([]MailboxKey, error) {
	return s.mailboxKeys(ctx, mailboxKeyColumns+`WHERE state = ? ORDER BY address, id`, string(state))
}

func (s *Store) mailboxKeys(ctx context.Context, query string, args ...any) ([]MailboxKey, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading mailboxes' keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []MailboxKey
	for rows.Next() {
		k, err := scanMailboxKey(rows)
		if err != nil {
			return nil, fmt.Errorf("reading mailboxes' keys: %w", err)
		}
		list = append(list, k)
	}
	return list, rows.Err()
}

func scanMailboxKey(row interface{ Scan(...any) error }) (k MailboxKey, err error) {
	var created, from, ended int64
	err = row.Scan(&k.ID, &k.Address, &k.State, &k.Certificate, &k.Chain, &k.Request, &k.Key, &k.WrappedKey, &k.KeyVersion, &created, &from, &ended)
	k.Key, k.Reference = fromKeyColumn(k.Key)
	if k.Chain == nil {
		k.Chain = []byte{} // SQLite's driver gives none for one of no bytes
	}
	k.CreatedAt = fromMillis(created)
	if from != 0 {
		k.From = fromMillis(from)
	}
	if ended != 0 {
		k.Ended = fromMillis(ended)
	}
	return k, err
}

// DropMailboxKey takes back what was done last with one that has not signed. One that was made here waits for another certificate
// again, and is deleted the next time; any other is deleted. A former one stays: old mail would be lost with it.
func (s *Store) DropMailboxKey(ctx context.Context, id string, entry audit.Entry) error {
	err := s.changeOne(ctx, "returning a mailbox's key", entry, s.keyLook(id), `UPDATE mailbox_key SET state = 'requested', certificate = NULL, chain = ?, from_at = NULL
		WHERE id = ? AND state IN ('held', 'planned') AND request IS NOT NULL`, []byte{}, id)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.changeOne(ctx, "deleting a mailbox's key", entry, s.keyLook(id), `DELETE FROM mailbox_key WHERE id = ? AND state IN ('requested', 'held', 'planned')`, id)
}

// SwitchMailboxKey has a planned key sign from now on, where its time has come: it moves into the mailbox, and the one there
// becomes a former one. ErrNotFound: another machine was first, or wraps it anew just now, or there is no such mailbox.
func (s *Store) SwitchMailboxKey(ctx context.Context, id string, entry audit.Entry) error {
	return s.inTx(ctx, func(tx *transaction) error {
		k, err := scanMailboxKey(tx.QueryRowContext(ctx, mailboxKeyColumns+`WHERE id = ? AND state = 'planned' AND from_at <= ?`, id, toMillis(s.now())))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("reading a planned key: %w", err)
		}
		// Before the mailbox is written: of two machines one deletes a row.
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`DELETE FROM mailbox_key WHERE id = ? AND state = 'planned' AND key_version = ?`, []any{id, k.KeyVersion}},
			{`UPDATE mailbox SET certificate = ?, chain = ?, key = ?, wrapped_key = ?, key_version = ? WHERE address = ?`,
				[]any{k.Certificate, k.Chain, keyColumn(k.Key, k.Reference), k.WrappedKey, k.KeyVersion, k.Address}},
		} {
			result, err := tx.ExecContext(ctx, step.query, step.args...)
			if err != nil {
				return fmt.Errorf("switching a mailbox's key: %w", err)
			}
			if n, err := result.RowsAffected(); err != nil || n != 1 {
				return errors.Join(ErrNotFound, err)
			}
		}
		return insertAudit(ctx, tx, entry)
	})
}
