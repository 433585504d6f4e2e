package directory

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// maxFailures in a row, and the directory is left alone: one may be chance, and each costs somebody Config.Timeout.
	maxFailures = 3
	// firstPause doubles with every trial that fails, up to longestPause: long enough for a server to come up, short enough
	// that nobody calls support about a directory that has long been back.
	firstPause, longestPause = 5 * time.Second, 5 * time.Minute
)

// breaker answers in the place of a directory that is down, so that its silence costs one person's time and not everybody's.
// After a pause one caller tries; the others are answered until that is over.
type breaker struct {
	now func() time.Time
	log *slog.Logger

	mu       sync.Mutex
	failures int
	pause    time.Duration
	until    time.Time // zero: asking is allowed
	trying   bool
}

// enter is called before the directory is asked; err is what to answer instead. trial goes to leave.
func (b *breaker) enter() (trial bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return false, nil
	}
	if rest := b.until.Sub(b.now()); rest > 0 || b.trying {
		silent := trouble(CodeSilent, errPaused)
		silent.RetryAfter = max(rest, firstPause)
		return false, silent
	}
	b.trying = true
	return true, nil
}

// leave is called with what came of it.
func (b *breaker) leave(ctx context.Context, trial bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if trial {
		b.trying = false
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, errBusy) || errors.Is(err, errClosed) {
		return // whoever asked has gone away, or it was not asked
	}
	code := ""
	if err != nil {
		code = fault.From(err).Code
	}
	switch code {
	case "", CodePartial, CodeBase, CodeRefused: // it spoke
		if !b.until.IsZero() {
			b.log.InfoContext(ctx, "a directory answers again")
		}
		b.failures, b.pause, b.until = 0, 0, time.Time{}
		return
	}
	if !trial && !b.until.IsZero() {
		return // asked before the pause began
	}
	b.failures++
	switch {
	case code == CodeLogin:
		// Servers lock a name that comes with the wrong password too often.
		b.pause = longestPause
	case trial:
		b.pause = min(2*b.pause, longestPause)
	case b.failures >= maxFailures:
		b.pause = firstPause
	default:
		return
	}
	b.until = b.now().Add(b.pause)
	b.log.WarnContext(ctx, "a directory is not asked for a while", "code", code, "cause", errors.Unwrap(err), "pause", b.pause)
}
