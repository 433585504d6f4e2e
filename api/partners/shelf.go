package partners

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// keptFor is how long the certificates are shown without asking again: a new one is there within a minute of an
	// administrator's click, and the database is asked once a minute however many ask us.
	keptFor = time.Minute
	// staleFor is how long they are shown on when they cannot be read: our certificates change every few years, and an hour
	// is what a restart of the database may take. Later than that, what we show may have been withdrawn.
	staleFor = time.Hour
	// failureRest is how long after a failure the database is left alone; also what Retry-After says.
	failureRest = 10 * time.Second
	// readTime is for one reading: a few hundred small rows.
	readTime = 5 * time.Second
)

var errAway = errors.New("the certificates cannot be read")

// shelf holds the certificates that are on show.
type shelf struct {
	mailboxes Mailboxes
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	held    *catalogue
	read    time.Time     // when held was
	failed  time.Time     // when the last reading failed; zero after one that did not
	running chan struct{} // closed when the reading under way ends; nil when there is none
}

func newShelf(m Mailboxes, now func() time.Time, log *slog.Logger) *shelf {
	return &shelf{mailboxes: m, now: now, log: log}
}

// get gives what is on show, read anew where it is old. One caller reads and the others wait for that one.
func (s *shelf) get(ctx context.Context) (*catalogue, error) {
	s.mu.Lock()
	now := s.now()
	if s.held != nil && now.Sub(s.read) < keptFor {
		defer s.mu.Unlock()
		return s.held, nil
	}
	resting := !s.failed.IsZero() && now.Sub(s.failed) < failureRest
	wait := s.running
	lead := wait == nil && !resting
	if lead {
		s.running = make(chan struct{})
	}
	s.mu.Unlock()

	switch {
	case lead:
		s.refresh(ctx)
	case wait != nil:
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-wait:
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil || s.now().Sub(s.read) >= staleFor {
		return nil, errAway
	}
	return s.held, nil
}

// refresh reads for all who wait. It does not end with the leader's request: those who wait have done nothing wrong. It does
// end with a panic of the source, which goes on to whoever recovers requests.
func (s *shelf) refresh(ctx context.Context) {
	var fresh *catalogue
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if fresh != nil {
			s.held, s.read, s.failed = fresh, s.now(), time.Time{}
		} else {
			s.failed = s.now()
		}
		close(s.running)
		s.running = nil
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
	defer cancel()
	list, err := s.mailboxes.Own(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "the certificates for partners cannot be read", "err", err)
		return
	}
	fresh = catalogueOf(list)
}
