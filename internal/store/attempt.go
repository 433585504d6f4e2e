package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// Limits are what a mailbox may do, on all machines together. Zero is no limit.
type Limits struct {
	Concurrent int           // attempts at a time
	PerMinute  int           // attempts begun within a minute
	Bytes      int64         // of attempts begun within BytesIn
	BytesIn    time.Duration //
	Recipients int           // of attempts begun within a day, less those that certainly sent nothing
	Lease      time.Duration // how long an attempt counts as running after it was last said to
}

// Limited says that the attempt may not begin yet.
type Limited struct{ Wait time.Duration }

func (l *Limited) Error() string { return "the mailbox is at its limit" }

const (
	minute = time.Minute
	day    = 24 * time.Hour
	// placePause is how long to wait for one of the places of a mailbox: an attempt takes a second or two.
	placePause = time.Second
	// leaseTime is how long a place is lost when a machine dies with it. Whoever runs says so three times as often.
	leaseTime = 30 * time.Second
	// skew is how far apart the clocks of two machines may be. An attempt that begins later than that was written by a clock that
	// was wrong, and has been set right: it holds nobody up until its time has come.
	skew = time.Minute
	// spread is the longest that waiting attempts of one mailbox are drawn apart, so that they do not all come back at once.
	spread = 5 * time.Minute
)

// BeginAttempt registers an attempt at a delivery, before it is made. The error is *Limited where the mailbox must wait. One that
// only asks what became of an earlier one takes a place and nothing else; so does a receipt, which is an attempt of a delivery
// that has ended.
func (s *Store) BeginAttempt(ctx context.Context, d Delivery, l Limits, asking bool) (id string, err error) {
	if l.Lease <= 0 {
		l.Lease = leaseTime
	}
	size, recipients := d.Size, len(d.Recipients)
	if asking {
		size, recipients = 0, 0
		l = Limits{Concurrent: l.Concurrent, Lease: l.Lease}
	}
	id = uuid.Must(uuid.NewV7()).String()
	err = s.inTx(ctx, func(tx *transaction) error {
		var box string
		var perMinute, perDay int
		err := tx.QueryRowContext(ctx, `SELECT b.id, b.per_minute, b.recipients_per_day FROM mailbox b JOIN message m ON m.mailbox_id = b.id WHERE m.id = ?`+
			s.dialect.lock("b"), d.MessageID).Scan(&box, &perMinute, &perDay)
		if err != nil {
			return fmt.Errorf("locking a mailbox: %w", err)
		}
		if !asking { // what is decided of the mailbox narrows what holds for all, and never widens it: that is Exchange's
			l.PerMinute, l.Recipients = tighter(l.PerMinute, perMinute), tighter(l.Recipients, perDay)
		}
		now := s.now()
		var until sql.NullInt64
		err = tx.QueryRowContext(ctx, `SELECT MAX(until_at) FROM attempt WHERE delivery_id = ? AND ended_at IS NULL AND until_at > ? AND started_at <= ?`,
			d.ID, toMillis(now), toMillis(now.Add(skew))).Scan(&until)
		if err != nil {
			return fmt.Errorf("reading a delivery's attempts: %w", err)
		}
		if until.Valid { // the queue has given the job out once more: whoever had it is still at it, or has just died
			return &Limited{Wait: fromMillis(until.Int64).Sub(now) + placePause}
		}
		wait, err := s.wait(ctx, tx, box, size, recipients, l, now)
		if err != nil {
			return err
		}
		if wait > 0 {
			return &Limited{Wait: wait}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO attempt (id, delivery_id, mailbox_id, started_at, until_at, size, recipients) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			id, d.ID, box, toMillis(now), toMillis(now.Add(l.Lease)), size, recipients)
		if err != nil {
			return fmt.Errorf("registering an attempt: %w", err)
		}
		return nil
	})
	return id, err
}

// tighter is the smaller of two limits, of which zero is none.
func tighter(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// use is what a mailbox has done lately.
type use struct {
	running, begun, recipients          int
	size                                int64
	firstMinute, firstBytes, firstOfAll sql.NullInt64
}

func (s *Store) wait(ctx context.Context, tx *transaction, box string, size int64, recipients int, l Limits, now time.Time) (time.Duration, error) {
	var u use
	at := toMillis(now)
	err := tx.QueryRowContext(ctx, `SELECT
		COUNT(CASE WHEN ended_at IS NULL AND until_at > ? THEN 1 END),
		COUNT(CASE WHEN started_at > ? AND recipients > 0 THEN 1 END), MIN(CASE WHEN started_at > ? AND recipients > 0 THEN started_at END),
		COALESCE(SUM(CASE WHEN started_at > ? THEN size END), 0), MIN(CASE WHEN started_at > ? THEN started_at END),
		COALESCE(SUM(CASE WHEN sent THEN recipients END), 0), MIN(CASE WHEN sent AND recipients > 0 THEN started_at END)
		FROM attempt WHERE mailbox_id = ? AND started_at > ? AND started_at <= ?`,
		at, at-minute.Milliseconds(), at-minute.Milliseconds(), at-l.BytesIn.Milliseconds(), at-l.BytesIn.Milliseconds(), box, at-day.Milliseconds(), at+skew.Milliseconds()).
		Scan(&u.running, &u.begun, &u.firstMinute, &u.size, &u.firstBytes, &u.recipients, &u.firstOfAll)
	if err != nil {
		return 0, fmt.Errorf("reading a mailbox's attempts: %w", err)
	}
	var wait time.Duration
	until := func(first sql.NullInt64, within time.Duration) {
		if first.Valid {
			wait = max(wait, fromMillis(first.Int64).Add(within).Sub(now), time.Millisecond)
		}
	}
	if l.Concurrent > 0 && u.running >= l.Concurrent {
		wait = placePause
	}
	if l.PerMinute > 0 && u.begun >= l.PerMinute {
		until(u.firstMinute, minute)
	}
	// A copy that is larger than the limit itself goes when nothing else has.
	if l.Bytes > 0 && u.size > 0 && u.size+size > l.Bytes {
		until(u.firstBytes, l.BytesIn)
	}
	if l.Recipients > 0 && u.recipients > 0 && u.recipients+recipients > l.Recipients {
		until(u.firstOfAll, day)
	}
	if wait == 0 {
		return 0, nil
	}
	if recipients == 0 {
		// Few ask at a time, and a person waits for the answer: they do not stand behind all that the mailbox has still to send.
		return wait + rand.N(2*placePause), nil //nolint:gosec // a jitter is no secret
	}
	var waiting int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM delivery d JOIN message m ON m.id = d.message_id
		WHERE m.mailbox_id = ? AND d.state IN ('queued', 'drafting', 'sending')`, box).Scan(&waiting)
	if err != nil {
		return 0, fmt.Errorf("reading a mailbox's queue: %w", err)
	}
	return wait + jitter(waiting, l), nil
}

// jitter draws the waiting attempts of one mailbox apart: over the time that they will take together, as far as that is known.
func jitter(waiting int, l Limits) time.Duration {
	each := placePause / 2
	if l.PerMinute > 0 {
		each = minute / time.Duration(l.PerMinute)
	}
	over := min(time.Duration(waiting)*each, spread)
	if over <= 0 {
		return 0
	}
	return rand.N(over) //nolint:gosec // a jitter is no secret
}

// KeepAttempt says that an attempt is still being made.
func (s *Store) KeepAttempt(ctx context.Context, id string, lease time.Duration) error {
	_, err := s.db.ExecContext(ctx, `UPDATE attempt SET until_at = ? WHERE id = ? AND ended_at IS NULL`, toMillis(s.now().Add(lease)), id)
	if err != nil {
		return fmt.Errorf("keeping an attempt: %w", err)
	}
	return nil
}

// EndAttempt says that an attempt has ended. sent is false when it is certain that nothing went out by it.
func (s *Store) EndAttempt(ctx context.Context, id string, sent bool) error {
	return s.endAttempt(ctx, s.db, id, sent)
}

func (s *Store) endAttempt(ctx context.Context, in interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, id string, sent bool) error {
	_, err := in.ExecContext(ctx, `UPDATE attempt SET ended_at = ?, sent = ? WHERE id = ? AND ended_at IS NULL`, toMillis(s.now()), sent, id)
	if err != nil {
		return fmt.Errorf("ending an attempt: %w", err)
	}
	return nil
}

// Waiting is what a mailbox has still to send.
type Waiting struct{ Copies, Recipients int }

// Waiting counts it.
func (s *Store) Waiting(ctx context.Context, mailboxID string) (w Waiting, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(DISTINCT d.id), COUNT(*) FROM delivery d
		JOIN message m ON m.id = d.message_id JOIN recipient r ON r.delivery_id = d.id
		WHERE m.mailbox_id = ? AND d.state IN ('queued', 'drafting', 'sending')`, mailboxID).Scan(&w.Copies, &w.Recipients)
	if err != nil {
		return w, fmt.Errorf("reading a mailbox's queue: %w", err)
	}
	return w, nil
}
