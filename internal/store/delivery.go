package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// State is where the sending of a copy stands. The schema knows the same words.
type State string

const (
	Queued   State = "queued"   // accepted; nothing has been tried
	Drafting State = "drafting" // a draft is being made in the function mailbox; doing it twice is harmless
	Sending  State = "sending"  // the draft is named and about to be sent: from here on, look before doing anything again
	Sent     State = "sent"
	Rejected State = "rejected" // it did not go out, and will not
	Unknown  State = "unknown"  // it may have gone out; a person decides
)

// Final says whether the state is an end.
func (s State) Final() bool { return s == Sent || s == Rejected || s == Unknown }

// Delivery is the sending of one copy.
type Delivery struct {
	ID         string
	MessageID  string
	Position   int
	Kind       string // "sealed" or "plain"
	State      State
	SpoolName  string
	Size       int64
	DraftID    string
	Looks      int
	Code       string // why it did not go out
	Say        fault.Sentence
	ChangedAt  time.Time
	Recipients []Recipient
}

// Delivery reads one delivery with its recipients.
func (s *Store) Delivery(ctx context.Context, id string) (Delivery, error) {
	found, err := s.deliveries(ctx, "d.id = ?", id)
	if err != nil {
		return Delivery{}, err
	}
	for _, list := range found {
		return list[0], nil
	}
	return Delivery{}, ErrNotFound
}

func (s *Store) deliveries(ctx context.Context, where string, args ...any) (map[string][]Delivery, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT d.id, d.message_id, d.position, d.kind, d.state, d.spool_name, d.size,
		COALESCE(d.draft_id, ''), d.looks, COALESCE(d.code, ''), COALESCE(d.say_da, ''), COALESCE(d.say_en, ''), d.changed_at,
		r.position, r.field, r.address, r.name, r.route, r.evidence
		FROM delivery d JOIN message m ON m.id = d.message_id JOIN recipient r ON r.delivery_id = d.id
		WHERE `+where+` ORDER BY d.message_id, d.position, r.position`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading deliveries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string][]Delivery{}
	for rows.Next() {
		var d Delivery
		var r Recipient
		var changed int64
		err := rows.Scan(&d.ID, &d.MessageID, &d.Position, &d.Kind, &d.State, &d.SpoolName, &d.Size, &d.DraftID, &d.Looks, &d.Code, &d.Say.DA, &d.Say.EN, &changed,
			&r.Position, &r.Field, &r.Address, &r.Name, &r.Route, &r.Evidence)
		if err != nil {
			return nil, fmt.Errorf("reading deliveries: %w", err)
		}
		d.ChangedAt = fromMillis(changed)
		list := found[d.MessageID]
		if n := len(list); n == 0 || list[n-1].ID != d.ID {
			list = append(list, d)
		}
		last := &list[len(list)-1]
		last.Recipients = append(last.Recipients, r)
		found[d.MessageID] = list
	}
	return found, rows.Err()
}

// Change is one step of a delivery.
type Change struct {
	From       State // the step is taken only from here and from the delivery's Looks: two workers cannot both take it
	To         State
	DraftID    string // kept when empty
	Looks      int
	Code       string // Rejected and Unknown say why
	Say        fault.Sentence
	RequestIDs []string // Graph's, of the step before
	Attempt    string   // that ends with this step; "" where none does
	Sent       bool     // something was sent by it, or may have been
}

// ErrMoved says that the delivery is no longer where the step begins: somebody else has it.
var ErrMoved = errors.New("the delivery is in another state")

// ChangeDelivery takes one step. When it ends the last delivery of its message, the job that writes the receipt is stored in
// the same transaction.
func (s *Store) ChangeDelivery(ctx context.Context, d Delivery, c Change) error {
	return s.inTx(ctx, func(tx *transaction) error {
		if err := s.lockMessage(ctx, tx, d.MessageID); err != nil {
			return err
		}
		if err := s.change1(ctx, tx, d, c); err != nil {
			return err
		}
		if c.Attempt != "" {
			if err := s.endAttempt(ctx, tx, c.Attempt, c.Sent); err != nil {
				return err
			}
		}
		if !c.To.Final() {
			return nil
		}
		return s.noticeAfterLast(ctx, tx, d.MessageID)
	})
}

func (s *Store) change1(ctx context.Context, tx *transaction, d Delivery, c Change) error {
	result, err := tx.ExecContext(ctx, `UPDATE delivery SET state = ?, draft_id = COALESCE(NULLIF(?, ''), draft_id), looks = ?,
		code = NULLIF(?, ''), say_da = NULLIF(?, ''), say_en = NULLIF(?, ''), changed_at = ? WHERE id = ? AND state = ? AND looks = ?`,
		string(c.To), c.DraftID, c.Looks, c.Code, c.Say.DA, c.Say.EN, toMillis(s.now()), d.ID, string(c.From), d.Looks)
	if err != nil {
		return fmt.Errorf("changing a delivery: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrMoved, err)
	}
	what := What(c.To)
	if c.From == Sending && c.To == Sending {
		what = Looked
	}
	return s.tell(ctx, tx, d.MessageID, Event{DeliveryID: d.ID, At: s.now(), What: what, Code: c.Code, RequestIDs: c.RequestIDs})
}

// noticeAfterLast wants the message locked.
func (s *Store) noticeAfterLast(ctx context.Context, tx *transaction, messageID string) error {
	var left int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM delivery WHERE message_id = ? AND state IN ('queued', 'drafting', 'sending')`, messageID).Scan(&left)
	if err != nil || left > 0 {
		return err
	}
	return s.enqueueNotice(ctx, tx, noticeArgs{MessageID: messageID})
}

// Backlog is the queue in figures.
type Backlog struct {
	Waiting int
	Oldest  time.Time // zero when nothing waits
	Unknown int
}

// Backlog counts what has been accepted and not ended.
func (s *Store) Backlog(ctx context.Context) (b Backlog, err error) {
	var oldest sql.NullInt64
	err = s.db.QueryRowContext(ctx, `SELECT
		COUNT(*) FILTER (WHERE d.state IN ('queued', 'drafting', 'sending')),
		MIN(m.accepted_at) FILTER (WHERE d.state IN ('queued', 'drafting', 'sending')),
		COUNT(*) FILTER (WHERE d.state = 'unknown')
		FROM delivery d JOIN message m ON m.id = d.message_id
		WHERE d.state IN ('queued', 'drafting', 'sending', 'unknown')`).Scan(&b.Waiting, &oldest, &b.Unknown)
	if oldest.Valid {
		b.Oldest = fromMillis(oldest.Int64)
	}
	return b, err
}

// Doubtful lists deliveries whose outcome nobody knows, the oldest first.
func (s *Store) Doubtful(ctx context.Context, limit int) ([]Delivery, error) {
	ids, err := s.strings(ctx, `SELECT id FROM delivery WHERE state = 'unknown' ORDER BY changed_at, id LIMIT ?`, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	byMessage, err := s.deliveries(ctx, "d.id IN ("+marks(len(args))+")", args...)
	if err != nil {
		return nil, err
	}
	var list []Delivery
	for _, some := range byMessage {
		list = append(list, some...)
	}
	slices.SortFunc(list, func(a, b Delivery) int { return cmp.Or(a.ChangedAt.Compare(b.ChangedAt), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}
