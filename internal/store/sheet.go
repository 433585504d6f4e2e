package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// What the data protection officer's sheet tells: figures, and nothing about a person outside.

// CountRefusals counts a mail that was stopped, by the code of why, and its recipients that were in the way, by theirs.
func (s *Store) CountRefusals(ctx context.Context, at time.Time, mail string, recipients []string) error {
	return s.inTx(ctx, func(tx *transaction) error {
		count := func(of, code string) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO refusal (day, of, code, times) VALUES (?, ?, ?, 1)
				ON CONFLICT (day, of, code) DO UPDATE SET times = refusal.times + 1`, toMillis(at.UTC().Truncate(day)), of, code)
			if err != nil {
				return fmt.Errorf("counting a refusal: %w", err)
			}
			return nil
		}
		if err := count("mail", mail); err != nil {
			return err
		}
		for _, code := range recipients {
			if err := count("recipient", code); err != nil {
				return err
			}
		}
		return nil
	})
}

// Figure is a count of something in a period.
type Figure struct {
	Period int // index into the beginnings that were asked for
	Of     string
	Code   string
	Count  int
}

// Refusals counts what was stopped in each of the periods: each begins at its time and ends where the next one begins, the last one
// at until.
func (s *Store) Refusals(ctx context.Context, begins []time.Time, until time.Time) ([]Figure, error) {
	return s.figures(ctx, begins, until, `day`, `of, code, SUM(times) FROM refusal`, `of, code`)
}

// Traffic counts recipients by route (Of) and by what became of the mail to them (Code: the delivery's state; "cancelled" where it was
// taken back).
func (s *Store) Traffic(ctx context.Context, begins []time.Time, until time.Time) ([]Figure, error) {
	return s.figures(ctx, begins, until, `m.accepted_at`, `r.route, CASE WHEN m.cancelled_at IS NOT NULL THEN 'cancelled' ELSE d.state END AS became, COUNT(*)
		FROM message m JOIN recipient r ON r.message_id = m.id JOIN delivery d ON d.id = r.delivery_id`, `r.route, became`)
}

// Mails counts mails that were accepted, and were not taken back.
func (s *Store) Mails(ctx context.Context, begins []time.Time, until time.Time) ([]Figure, error) {
	return s.figures(ctx, begins, until, `accepted_at`, `'mail' AS what, CASE WHEN cancelled_at IS NULL THEN 'accepted' ELSE 'cancelled' END AS became, COUNT(*) FROM message`, `what, became`)
}

// figures counts by period, which the database finds by the time's column, in one pass.
func (s *Store) figures(ctx context.Context, begins []time.Time, until time.Time, column, rest, group string) ([]Figure, error) {
	if len(begins) == 0 {
		return nil, nil
	}
	var bucket strings.Builder
	var args []any
	for i := len(begins) - 1; i > 0; i-- {
		fmt.Fprintf(&bucket, " WHEN %s >= ? THEN %d", column, i)
		args = append(args, toMillis(begins[i]))
	}
	period := "CASE WHEN FALSE THEN 0" + bucket.String() + " ELSE 0 END"
	args = append(args, toMillis(begins[0]), toMillis(until))
	rows, err := s.db.QueryContext(ctx, `SELECT `+period+` AS period, `+rest+` WHERE `+column+` >= ? AND `+column+` < ? GROUP BY period, `+group+
		` ORDER BY period, `+group, args...)
	if err != nil {
		return nil, fmt.Errorf("counting: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Figure
	for rows.Next() {
		var f Figure
		if err := rows.Scan(&f.Period, &f.Of, &f.Code, &f.Count); err != nil {
			return nil, fmt.Errorf("counting: %w", err)
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// Sender is a function mailbox and who may send as it, in numbers.
type Sender struct {
	Address      string
	Name         string
	Certificate  []byte // DER
	Reference    string // to its key, where that stays in a device
	Persons      int    // who have the right themselves
	Groups       int
	Applications int
	Used         int // people and programs that have sent as it since the time that was asked about
	Mails        int // since then
}

// Senders lists them all, by address.
func (s *Store) Senders(ctx context.Context, since time.Time) ([]Sender, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT b.address, b.name, b.certificate, b.key,
		(SELECT COUNT(*) FROM mailbox_grant g WHERE g.mailbox_id = b.id AND g.kind = 'person'),
		(SELECT COUNT(*) FROM mailbox_grant g WHERE g.mailbox_id = b.id AND g.kind = 'group'),
		(SELECT COUNT(*) FROM mailbox_grant g WHERE g.mailbox_id = b.id AND g.kind = 'application'),
		COALESCE(u.callers, 0), COALESCE(u.mails, 0)
		FROM mailbox b LEFT JOIN (SELECT mailbox_id, COUNT(DISTINCT caller_id) AS callers, COUNT(*) AS mails FROM message
			WHERE accepted_at >= ? AND cancelled_at IS NULL GROUP BY mailbox_id) u ON u.mailbox_id = b.id
		ORDER BY b.address`, toMillis(since))
	if err != nil {
		return nil, fmt.Errorf("reading who may send: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Sender
	for rows.Next() {
		var x Sender
		var key []byte
		if err := rows.Scan(&x.Address, &x.Name, &x.Certificate, &key, &x.Persons, &x.Groups, &x.Applications, &x.Used, &x.Mails); err != nil {
			return nil, fmt.Errorf("reading who may send: %w", err)
		}
		_, x.Reference = fromKeyColumn(key)
		list = append(list, x)
	}
	return list, rows.Err()
}

// Granted counts the people and the programs that have a right by themselves, each once.
func (s *Store) Granted(ctx context.Context) (persons, groups, applications int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(DISTINCT CASE WHEN kind = 'person' THEN subject END), COUNT(DISTINCT CASE WHEN kind = 'group' THEN subject END),
		COUNT(DISTINCT CASE WHEN kind = 'application' THEN subject END) FROM mailbox_grant`).Scan(&persons, &groups, &applications)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("counting grants: %w", err)
	}
	return persons, groups, applications, nil
}
