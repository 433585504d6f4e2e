package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// MessageSearch is which messages those who look after the service want to see. What is empty does not narrow.
type MessageSearch struct {
	Scope     Scope
	Mailbox   string // its address
	Sender    string // object id or client id
	Recipient string // an address among the recipients, as it was written or in lower case
	State     string // as in MessageQuery
	HeaderID  string // Message-ID, with its angle brackets
	Since     time.Time
	Until     time.Time
	Before    string // an id: older than that
	Limit     int
}

// where asks for what is rare by its own index, and walks the messages in their order for what is not: a page of unknown ones among
// a hundred thousand is found from the unknown ones.
func (q MessageSearch) where() (conditions string, args []any) {
	conditions, args = q.Scope.where("m.mailbox_id")
	add := func(is bool, condition string, values ...any) {
		if is {
			conditions += " AND " + condition
			args = append(args, values...)
		}
	}
	const in = "m.id IN (SELECT d.message_id FROM delivery d WHERE d.state "
	const one = "EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id AND d.state "
	const open = one + "IN ('queued', 'drafting', 'sending'))"
	add(q.Before != "", "m.id < ?", q.Before)
	add(q.Mailbox != "", "b.address = ?", q.Mailbox)
	add(q.Sender != "", "m.caller_id = ?", q.Sender)
	add(q.Recipient != "", "m.id IN (SELECT r.message_id FROM recipient r WHERE r.address IN (?, ?))", q.Recipient, strings.ToLower(q.Recipient))
	add(q.HeaderID != "", "m.header_id = ?", q.HeaderID)
	add(!q.Since.IsZero(), "m.accepted_at >= ?", toMillis(q.Since))
	add(!q.Until.IsZero(), "m.accepted_at < ?", toMillis(q.Until))
	add(q.State == "cancelled", "m.cancelled_at IS NOT NULL")
	add(q.State == "sending", in+"IN ('queued', 'drafting', 'sending'))")
	add(q.State == "failed", in+"= 'rejected') AND m.cancelled_at IS NULL AND NOT "+open)
	add(q.State == "unknown", in+"= 'unknown')") // whatever became of the other copies: somebody must decide about this one
	add(q.State == "sent", "NOT "+one+"<> 'sent')")
	return conditions, args
}

// SearchMessages lists messages, newest first.
func (s *Store) SearchMessages(ctx context.Context, q MessageSearch) ([]Message, error) {
	conditions, args := q.where()
	return s.listed(ctx, "TRUE"+conditions, append(args, q.Limit))
}

// MessageIn reads one message with its deliveries, if it is within the scope: what is not does not exist.
func (s *Store) MessageIn(ctx context.Context, scope Scope, id string) (Message, error) {
	within, args := scope.where("m.mailbox_id")
	list, err := s.listed(ctx, "m.id = ?"+within, append(append([]any{id}, args...), 1))
	if err != nil {
		return Message{}, fmt.Errorf("reading a message: %w", err)
	}
	if len(list) == 0 {
		return Message{}, ErrNotFound
	}
	return list[0], nil
}
