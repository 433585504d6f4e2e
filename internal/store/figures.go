package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Figures are how the sending stands.
type Figures struct {
	Routes  map[string]int // recipients that were sent to since, by route
	Sent    int            // their sum
	Failed  int            // copies that did not go out since, less those that were taken back
	Held    int            // messages that can still be taken back
	Waiting int            // copies that have not ended
	Oldest  time.Time      // since when the oldest of them waits; zero where none does
	Unknown int            // copies that may have gone out, whenever that was
}

// Figures counts since a time, within a scope.
func (s *Store) Figures(ctx context.Context, scope Scope, since time.Time) (Figures, error) {
	f := Figures{Routes: map[string]int{}}
	within, args := scope.where("m.mailbox_id")
	rows, err := s.db.QueryContext(ctx, `SELECT r.route, COUNT(*) FROM delivery d JOIN recipient r ON r.delivery_id = d.id JOIN message m ON m.id = d.message_id
		WHERE d.state = 'sent' AND d.changed_at >= ?`+within+` GROUP BY r.route`, append([]any{toMillis(since)}, args...)...)
	if err != nil {
		return f, fmt.Errorf("counting what was sent: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var route string
		var n int
		if err := rows.Scan(&route, &n); err != nil {
			return f, fmt.Errorf("counting what was sent: %w", err)
		}
		f.Routes[route] = n
		f.Sent += n
	}
	if err := rows.Err(); err != nil {
		return f, fmt.Errorf("counting what was sent: %w", err)
	}
	now := toMillis(s.now())
	var oldest sql.NullInt64
	err = s.db.QueryRowContext(ctx, `SELECT
		COUNT(*) FILTER (WHERE d.state = 'rejected'), COUNT(*) FILTER (WHERE d.state = 'unknown'),
		COUNT(*) FILTER (WHERE d.state IN ('queued', 'drafting', 'sending')),
		COUNT(DISTINCT CASE WHEN d.state = 'queued' AND m.held_until > ? THEN m.id END),
		MIN(CASE WHEN d.state IN ('queued', 'drafting', 'sending') AND m.held_until <= ? THEN m.accepted_at END)
		FROM delivery d JOIN message m ON m.id = d.message_id
		WHERE (d.state IN ('queued', 'drafting', 'sending', 'unknown') OR d.state = 'rejected' AND d.changed_at >= ? AND d.code <> 'cancelled')`+within,
		append([]any{now, now, toMillis(since)}, args...)...).Scan(&f.Failed, &f.Unknown, &f.Waiting, &f.Held, &oldest)
	if err != nil {
		return f, fmt.Errorf("counting what waits: %w", err)
	}
	if oldest.Valid {
		f.Oldest = fromMillis(oldest.Int64)
	}
	return f, nil
}

// Day is what ended on one.
type Day struct {
	From                  time.Time
	Sealed, Plain, Failed int // copies
}

// Days counts the copies that ended between each bound and the next.
func (s *Store) Days(ctx context.Context, scope Scope, bounds []time.Time) ([]Day, error) {
	if len(bounds) < 2 {
		return nil, nil
	}
	list := make([]Day, len(bounds)-1)
	args := make([]any, 0, 3*len(list))
	for i := range list {
		list[i].From = bounds[i]
		args = append(args, i, toMillis(bounds[i]), toMillis(bounds[i+1]))
	}
	from := ""
	within, more := scope.where("m.mailbox_id")
	if !scope.All {
		from = " JOIN message m ON m.id = d.message_id"
	}
	// A range of the index for each day, and not one sum over a column: no database's idea of when a day begins comes into it.
	values := strings.TrimSuffix(strings.Repeat("(CAST(? AS INTEGER), CAST(? AS BIGINT), CAST(? AS BIGINT)), ", len(list)), ", ")
	rows, err := s.db.QueryContext(ctx, `WITH period (n, since, until) AS (VALUES `+values+`)
		SELECT p.n, d.state, d.kind, COUNT(*) FROM period p JOIN delivery d ON d.state IN ('sent', 'rejected') AND d.changed_at >= p.since AND d.changed_at < p.until`+from+`
		WHERE TRUE`+within+` GROUP BY p.n, d.state, d.kind`, append(args, more...)...)
	if err != nil {
		return nil, fmt.Errorf("counting by day: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at, n int
		var state State
		var kind string
		if err := rows.Scan(&at, &state, &kind, &n); err != nil {
			return nil, fmt.Errorf("counting by day: %w", err)
		}
		switch {
		case state == Rejected:
			list[at].Failed += n
		case kind == "sealed":
			list[at].Sealed += n
		default:
			list[at].Plain += n
		}
	}
	return list, rows.Err()
}

// MailboxesIn lists the mailboxes of a scope by address, without their keys.
func (s *Store) MailboxesIn(ctx context.Context, scope Scope) ([]Mailbox, error) {
	within, args := scope.where("id")
	rows, err := s.db.QueryContext(ctx, `SELECT id, address, name, certificate, NOT enabled FROM mailbox WHERE TRUE`+within+` ORDER BY address`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading mailboxes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Mailbox
	for rows.Next() {
		var m Mailbox
		if err := rows.Scan(&m.ID, &m.Address, &m.Name, &m.Certificate, &m.Disabled); err != nil {
			return nil, fmt.Errorf("reading mailboxes: %w", err)
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// BreakingBefore counts the recipients' certificates in use that cannot be used from some time before each bound on, as the last
// nightly check found it: those that have such a time, and those that cannot be used already, which have none. One index has both.
func (s *Store) BreakingBefore(ctx context.Context, bounds []time.Time) ([]int, error) {
	broken := 0
	err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM recipient_certificate WHERE breaks_at IS NULL AND pending IS NULL AND check_code <> 'ok'`).Scan(&broken)
	if err != nil {
		return nil, fmt.Errorf("counting certificates that cannot be used: %w", err)
	}
	counts := make([]int, len(bounds))
	for i, bound := range bounds {
		err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM recipient_certificate WHERE breaks_at < ? AND pending IS NULL`, toMillis(bound)).Scan(&counts[i])
		if err != nil {
			return nil, fmt.Errorf("counting certificates that end: %w", err)
		}
		counts[i] += broken
	}
	return counts, nil
}
