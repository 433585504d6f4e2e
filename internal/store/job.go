package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// throttlePause is how long to wait when the other side says "too many" and not for how long.
	throttlePause = 30 * time.Second
	// maxAge ends a job that has only ever been told to wait: throttled, unclear, or behind its mailbox's daily limit, which takes
	// a day. Three days carry it over a weekend; after that the mail is no longer what its sender meant.
	maxAge = 72 * time.Hour
	// giveUpTime is for writing down that a delivery is given up, also when the job itself has run out of time.
	giveUpTime = 30 * time.Second
)

// task is one run of a job.
type task struct {
	run     func(ctx context.Context) error
	giveUp  func(ctx context.Context, cause error) error
	attempt int
	age     time.Duration
	log     *slog.Logger
	name    slog.Attr
}

// lasting works for as long as a job may take. The context that River gives ends with River's own time-out, which says when a job
// may be given out once more and not when this one must end; when the program stops it is cancelled, and so is the work.
func (t task) lasting(ctx context.Context) error {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})()
	return t.work(own)
}

func (t task) work(ctx context.Context) error {
	err := t.guarded(ctx, t.run)
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled // we are stopping: River hands the job back, and the attempt does not count
	}
	f := fault.From(err)
	if _, ownLimit := errors.AsType[*Limited](err); !ownLimit { // of which there may be thousands, and nothing is wrong
		t.tell(ctx, slog.LevelWarn, "job did not succeed", f)
	}
	pause, counts := next(f)
	switch {
	case !counts && t.age < maxAge:
		// A quarter more at most: who was told to come back at the same time must not come all at once.
		return river.JobSnooze(pause + rand.N(pause/4+1)) //nolint:gosec // a jitter is no secret
	case !counts: // its time is over
	case t.attempt < maxAttempts:
		// Only the code: River stores the text of errors in clear.
		return fmt.Errorf("%s (%s)", f.Code, f.Kind)
	}
	t.tell(ctx, slog.LevelError, "job is given up", f)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpTime)
	defer cancel()
	if err := t.guarded(ctx, func(ctx context.Context) error { return t.giveUp(ctx, err) }); err != nil {
		t.tell(ctx, slog.LevelError, "giving up did not succeed", fault.From(err))
		return river.JobSnooze(throttlePause) // a delivery that has not ended never loses its job
	}
	return nil
}

// guarded makes an error of a panic. River would do it too, and store and log the panic's value, which may quote a mail.
func (t task) guarded(ctx context.Context, do func(ctx context.Context) error) (err error) {
	defer func() {
		if recover() != nil {
			t.log.LogAttrs(ctx, slog.LevelError, "panic in a job", t.name, slog.String("stack", string(debug.Stack())))
			err = errors.New("panic in a job")
		}
	}()
	return do(ctx)
}

func (t task) tell(ctx context.Context, level slog.Level, what string, f *fault.Fault) {
	t.log.LogAttrs(ctx, level, what, t.name, slog.Int("attempt", t.attempt), slog.String("kind", f.Kind.String()),
		slog.String("code", f.Code), slog.Any("err", f.Cause))
}

// next turns a handler's fault into the queue's next step; fault.Kind.Next is the table. A wait that the other side asked
// for does not count as an attempt.
func next(f *fault.Fault) (pause time.Duration, counts bool) {
	switch f.Kind.Next() {
	case fault.AgainAfter, fault.LookFirst:
		return cmpPause(f.RetryAfter), false
	case fault.Again, fault.Never:
		// Handlers end a delivery themselves when the answer is never; what still arrives here is a failure to record it.
		return f.RetryAfter, f.RetryAfter <= 0
	}
	return 0, true
}

func cmpPause(d time.Duration) time.Duration {
	if d <= 0 {
		return throttlePause
	}
	return d
}
