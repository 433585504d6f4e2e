package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Message is a message that was accepted, with everything that belongs to it.
type Message struct {
	ID             string
	MailboxID      string
	MailboxAddress string // read only
	CallerKind     string
	CallerID       string
	CallerName     []byte // encrypted
	HeaderID       string // Message-ID
	Subject        []byte // encrypted
	WrappedKey     []byte
	KeyVersion     string
	Language       string
	IdempotencyKey string // "" is none
	Digest         []byte
	AcceptedAt     time.Time
	NoticeKind     string // "" until the receipt or report is written
	NoticeAt       time.Time
	Deliveries     []Delivery
}

// Recipient is one address of a copy.
type Recipient struct {
	Position int // in the message
	Field    string
	Address  string
	Name     string
	Route    string
	Evidence []byte // JSON
}

// InsertMessage stores a message whole, with its audit entry and a job for each delivery, or not at all. If the caller's
// idempotency key is taken it returns the id of the message that took it and taken = true, and stores nothing.
func (s *Store) InsertMessage(ctx context.Context, m Message, entry audit.Entry) (holder string, taken bool, err error) {
	err = s.inTx(ctx, func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO message (id, mailbox_id, caller_kind, caller_id, caller_name, header_id, subject,
			wrapped_key, key_version, language, idempotency_key, digest, accepted_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), ?, ?)`,
			m.ID, m.MailboxID, m.CallerKind, m.CallerID, m.CallerName, m.HeaderID, m.Subject,
			m.WrappedKey, m.KeyVersion, m.Language, m.IdempotencyKey, m.Digest, toMillis(m.AcceptedAt))
		if err != nil {
			return fmt.Errorf("storing a message: %w", err)
		}
		for _, d := range m.Deliveries {
			if err := insertDelivery(ctx, tx, m, d); err != nil {
				return err
			}
		}
		if err := insertAudit(ctx, tx, entry); err != nil {
			return err
		}
		return s.enqueueDeliveries(ctx, tx, m.Deliveries)
	})
	if err == nil {
		return m.ID, false, nil
	}
	if m.IdempotencyKey != "" && s.dialect.isDuplicate(err) {
		if id, _, findErr := s.FindByKey(ctx, m.CallerID, m.IdempotencyKey); findErr == nil {
			return id, true, nil
		}
	}
	return "", false, err
}

func insertDelivery(ctx context.Context, tx *transaction, m Message, d Delivery) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO delivery (id, message_id, position, kind, state, spool_name, size, changed_at)
		VALUES (?, ?, ?, ?, 'queued', ?, ?, ?)`, d.ID, m.ID, d.Position, d.Kind, d.SpoolName, d.Size, toMillis(m.AcceptedAt))
	if err != nil {
		return fmt.Errorf("storing a delivery: %w", err)
	}
	for _, r := range d.Recipients {
		_, err := tx.ExecContext(ctx, `INSERT INTO recipient (message_id, position, delivery_id, field, address, name, route, evidence)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, m.ID, r.Position, d.ID, r.Field, r.Address, r.Name, r.Route, string(r.Evidence))
		if err != nil {
			return fmt.Errorf("storing a recipient: %w", err)
		}
	}
	return nil
}

// FindByKey gives the message that a caller stored under an idempotency key, and the digest of its content.
func (s *Store) FindByKey(ctx context.Context, callerID, key string) (id string, digest []byte, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT id, digest FROM message WHERE caller_id = ? AND idempotency_key = ?`, callerID, key).Scan(&id, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, ErrNotFound
	}
	return id, digest, err
}

const messageColumns = `m.id, m.mailbox_id, b.address, m.caller_kind, m.caller_id, m.caller_name, m.header_id, m.subject,
	m.wrapped_key, m.key_version, m.language, COALESCE(m.idempotency_key, ''), m.digest, m.accepted_at,
	COALESCE(m.notice_kind, ''), COALESCE(m.notice_at, 0)
	FROM message m JOIN mailbox b ON b.id = m.mailbox_id`

func scanMessage(row interface{ Scan(...any) error }) (m Message, err error) {
	var accepted, notice int64
	err = row.Scan(&m.ID, &m.MailboxID, &m.MailboxAddress, &m.CallerKind, &m.CallerID, &m.CallerName, &m.HeaderID, &m.Subject,
		&m.WrappedKey, &m.KeyVersion, &m.Language, &m.IdempotencyKey, &m.Digest, &accepted, &m.NoticeKind, &notice)
	m.AcceptedAt = fromMillis(accepted)
	if notice != 0 {
		m.NoticeAt = fromMillis(notice)
	}
	return m, err
}

// Message reads one message with its deliveries and their recipients.
func (s *Store) Message(ctx context.Context, id string) (Message, error) {
	m, err := scanMessage(s.db.QueryRowContext(ctx, "SELECT "+messageColumns+" WHERE m.id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return Message{}, ErrNotFound
	}
	if err != nil {
		return Message{}, fmt.Errorf("reading a message: %w", err)
	}
	byMessage, err := s.deliveries(ctx, "d.message_id = ?", id)
	if err != nil {
		return Message{}, err
	}
	m.Deliveries = byMessage[id]
	return m, nil
}

// Messages lists a caller's messages, newest first, older than before ("" starts at the newest).
func (s *Store) Messages(ctx context.Context, callerID, before string, limit int) ([]Message, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+messageColumns+
		" WHERE m.caller_id = ? AND (? = '' OR m.id < ?) ORDER BY m.id DESC LIMIT ?", callerID, before, before, limit)
	if err != nil {
		return nil, fmt.Errorf("listing messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Message
	for rows.Next() {
		m, err := scanMessage(rows)
		if err != nil {
			return nil, fmt.Errorf("listing messages: %w", err)
		}
		list = append(list, m)
	}
	if err := rows.Err(); err != nil || len(list) == 0 {
		return nil, err
	}
	// One query for all their deliveries: the ids of one page lie between its first and its last.
	byMessage, err := s.deliveries(ctx, "m.caller_id = ? AND m.id BETWEEN ? AND ?", callerID, list[len(list)-1].ID, list[0].ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Deliveries = byMessage[list[i].ID]
	}
	return list, nil
}
