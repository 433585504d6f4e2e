package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// What happened to a message or to one of its copies.
type What string

const (
	Accepted  What = "accepted"
	Drafted   What = "drafting" // a draft is being made
	SendBegun What = "sending"  // the draft is there and named
	Looked    What = "looked"   // it was asked what became of a send
	SentOff   What = "sent"
	Refused   What = "rejected"
	Unsure    What = "unknown"
	Cancelled What = "cancelled"
	SentAgain What = "again" // an administrator has decided to send it once more
	Receipt   What = "receipt"
	Report    What = "report"
)

// Event is one line of a message's time line.
type Event struct {
	Sequence   int // 1, 2, 3 for each message
	DeliveryID string
	At         time.Time
	What       What
	Code       string
	RequestIDs []string // Graph's, for support
}

// lockMessage keeps a message as it is until the transaction ends. Two deliveries that end at the same moment must not each see
// the other one still open, and events must not get one number twice.
func (s *Store) lockMessage(ctx context.Context, tx *transaction, id string) error {
	var one int
	if err := tx.QueryRowContext(ctx, `SELECT 1 FROM message WHERE id = ?`+s.dialect.lock("message"), id).Scan(&one); err != nil {
		return fmt.Errorf("locking a message: %w", err)
	}
	return nil
}

// tell wants the message locked.
func (s *Store) tell(ctx context.Context, tx *transaction, messageID string, e Event) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO event (message_id, sequence, delivery_id, at, what, code, request_ids)
		SELECT CAST(? AS TEXT), COALESCE(MAX(sequence), 0) + 1, NULLIF(CAST(? AS TEXT), ''), CAST(? AS BIGINT), CAST(? AS TEXT),
			NULLIF(CAST(? AS TEXT), ''), NULLIF(CAST(? AS TEXT), '') FROM event WHERE message_id = ?`,
		messageID, e.DeliveryID, toMillis(e.At), string(e.What), e.Code, strings.Join(e.RequestIDs, " "), messageID)
	if err != nil {
		return fmt.Errorf("writing the time line: %w", err)
	}
	return nil
}

// Events reads a message's time line after an event; 0 is from the start.
func (s *Store) Events(ctx context.Context, messageID string, after int) ([]Event, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT sequence, COALESCE(delivery_id, ''), at, what, COALESCE(code, ''), COALESCE(request_ids, '')
		FROM event WHERE message_id = ? AND sequence > ? ORDER BY sequence`, messageID, after)
	if err != nil {
		return nil, fmt.Errorf("reading a time line: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Event
	for rows.Next() {
		var e Event
		var at int64
		var ids string
		if err := rows.Scan(&e.Sequence, &e.DeliveryID, &at, &e.What, &e.Code, &ids); err != nil {
			return nil, fmt.Errorf("reading a time line: %w", err)
		}
		e.At, e.RequestIDs = fromMillis(at), strings.Fields(ids)
		list = append(list, e)
	}
	return list, rows.Err()
}
