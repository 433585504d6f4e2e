package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
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
	HeldUntil      time.Time // until then its sender may take it back
	CancelledAt    time.Time // zero unless they did
	NoticeKind     string    // "" until the receipt or report is written
	NoticeAt       time.Time
	Receipts       bool   // read only: whether the mailbox gets receipts, beside reports
	NoticeLanguage string // read only: the mailbox's language for both; "" is the message's
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
			wrapped_key, key_version, language, idempotency_key, digest, accepted_at, held_until)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), ?, ?, ?)`,
			m.ID, m.MailboxID, m.CallerKind, m.CallerID, m.CallerName, m.HeaderID, m.Subject,
			m.WrappedKey, m.KeyVersion, m.Language, m.IdempotencyKey, m.Digest, toMillis(m.AcceptedAt), held(m))
		if err != nil {
			return fmt.Errorf("storing a message: %w", err)
		}
		for _, d := range m.Deliveries {
			if err := insertDelivery(ctx, tx, m, d); err != nil {
				return err
			}
		}
		if err := s.tell(ctx, tx, m.ID, Event{At: m.AcceptedAt, What: Accepted}); err != nil {
			return err
		}
		if err := insertAudit(ctx, tx, entry); err != nil {
			return err
		}
		return s.enqueueDeliveries(ctx, tx, m.Deliveries, m.HeldUntil)
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

// held is when the undo window ends, as it is kept; nothing is held before it was accepted.
func held(m Message) int64 {
	if m.HeldUntil.IsZero() {
		return 0
	}
	return toMillis(m.HeldUntil)
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
	m.held_until, COALESCE(m.cancelled_at, 0), COALESCE(m.notice_kind, ''), COALESCE(m.notice_at, 0),
	b.receipts, COALESCE(b.notice_language, '')
	FROM message m JOIN mailbox b ON b.id = m.mailbox_id`

func scanMessage(row interface{ Scan(...any) error }) (m Message, err error) {
	var accepted, heldUntil, cancelled, notice int64
	err = row.Scan(&m.ID, &m.MailboxID, &m.MailboxAddress, &m.CallerKind, &m.CallerID, &m.CallerName, &m.HeaderID, &m.Subject,
		&m.WrappedKey, &m.KeyVersion, &m.Language, &m.IdempotencyKey, &m.Digest, &accepted, &heldUntil, &cancelled, &m.NoticeKind, &notice, &m.Receipts, &m.NoticeLanguage)
	m.AcceptedAt = fromMillis(accepted)
	if heldUntil != 0 {
		m.HeldUntil = fromMillis(heldUntil)
	}
	if cancelled != 0 {
		m.CancelledAt = fromMillis(cancelled)
	}
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

// MessageQuery is which of a caller's messages to list. What is empty does not narrow.
type MessageQuery struct {
	CallerID  string
	Mailbox   string // its address
	Recipient string // an address among the recipients
	State     string // "sending", "sent", "failed", "unknown" or "cancelled"
	Since     time.Time
	Until     time.Time
	Before    string // an id: older than that
	Limit     int
}

// where writes the conditions, and only those that narrow: a planner knows nothing of (? = ” OR …).
func (q MessageQuery) where() (conditions string, args []any) {
	add := func(is bool, condition string, values ...any) {
		if is {
			conditions += " AND " + condition
			args = append(args, values...)
		}
	}
	conditions, args = "m.caller_id = ?", []any{q.CallerID}
	add(q.Before != "", "m.id < ?", q.Before)
	add(q.Mailbox != "", "b.address = ?", q.Mailbox)
	add(q.Recipient != "", "EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = m.id AND r.address = ?)", q.Recipient)
	add(!q.Since.IsZero(), "m.accepted_at >= ?", toMillis(q.Since))
	add(!q.Until.IsZero(), "m.accepted_at < ?", toMillis(q.Until))
	const in = "EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id AND d.state "
	open := in + "IN ('queued', 'drafting', 'sending'))"
	add(q.State == "cancelled", "m.cancelled_at IS NOT NULL")
	add(q.State == "sending", open)
	add(q.State == "failed", "m.cancelled_at IS NULL AND NOT "+open+" AND "+in+"= 'rejected')")
	add(q.State == "unknown", "NOT "+open+" AND NOT "+in+"= 'rejected') AND "+in+"= 'unknown')")
	add(q.State == "sent", "NOT "+in+"<> 'sent')")
	return conditions, args
}

// Messages lists a caller's messages, newest first.
func (s *Store) Messages(ctx context.Context, q MessageQuery) ([]Message, error) {
	conditions, args := q.where()
	return s.listed(ctx, conditions, append(args, q.Limit))
}

// listed reads messages with their deliveries, newest first. The last argument is how many.
func (s *Store) listed(ctx context.Context, conditions string, args []any) ([]Message, error) {
	// Which ones, first: thousands may have to be put in order, and what is long of them need not be.
	which := "SELECT m.id FROM message m JOIN mailbox b ON b.id = m.mailbox_id WHERE " + conditions + " ORDER BY m.id DESC LIMIT ?"
	rows, err := s.db.QueryContext(ctx, "SELECT "+messageColumns+" WHERE m.id IN ("+which+") ORDER BY m.id DESC", args...)
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
	// One query for all their deliveries.
	ids := make([]any, len(list))
	for i, m := range list {
		ids[i] = m.ID
	}
	byMessage, err := s.deliveries(ctx, "m.id IN ("+marks(len(ids))+")", ids...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Deliveries = byMessage[list[i].ID]
	}
	return list, nil
}

// marks are n question marks with commas between.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
