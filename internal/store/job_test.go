package store

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"aau.dk/sendsikker/internal/fault"
)

var errTold = errors.New("told so")

func told(kind fault.Kind, wait time.Duration) error {
	f := fault.New(kind, "told_so", fault.Sentence{DA: "Nej.", EN: "No."}, errTold)
	f.RetryAfter = wait
	return f
}

// TestEveryFaultHasOneStepInTheQueue: snoozed for so long, failed and tried again, or given up.
func TestEveryFaultHasOneStepInTheQueue(t *testing.T) {
	t.Parallel()
	const counts = time.Duration(-1)
	type row struct{ silent, wait time.Duration } // the pause without and with a RetryAfter of a second
	table := map[fault.Kind]row{
		fault.Throttled: {throttlePause, time.Second}, fault.Unclear: {throttlePause, time.Second},
		fault.Unavailable: {counts, time.Second}, fault.Internal: {counts, time.Second},
	}
	for _, kind := range fault.Kinds() {
		want, listed := table[kind]
		if !listed {
			want = row{counts, time.Second}
		}
		for wait, pause := range map[time.Duration]time.Duration{0: want.silent, time.Second: want.wait} {
			for _, attempt := range []int{1, maxAttempts - 1, maxAttempts, maxAttempts + 5} {
				gaveUp := 0
				err := task{
					run:     func(context.Context) error { return told(kind, wait) },
					giveUp:  func(_ context.Context, cause error) error { gaveUp++; return nil },
					attempt: attempt, log: slog.New(slog.DiscardHandler),
				}.work(t.Context())
				snooze, snoozed := errors.AsType[*rivertype.JobSnoozeError](err)
				switch {
				case pause != counts: // a wait that was asked for is no attempt, not even the last one
					if !snoozed || snooze.Duration < pause || snooze.Duration > pause+pause/4 || gaveUp != 0 {
						t.Errorf("%s, attempt %d: %v, given up %d times", kind, attempt, err, gaveUp)
					}
				case attempt < maxAttempts:
					if snoozed || err == nil || gaveUp != 0 || strings.Contains(err.Error(), errTold.Error()) {
						t.Errorf("%s, attempt %d: %v", kind, attempt, err)
					}
				case err != nil || gaveUp != 1:
					t.Errorf("%s, attempt %d: %v, given up %d times", kind, attempt, err, gaveUp)
				}
			}
		}
	}
}

func TestAJobThatOnlyWaitsEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]int{maxAge - time.Second: 0, maxAge: 1} {
		gaveUp := 0
		err := task{
			run:    func(context.Context) error { return told(fault.Throttled, time.Second) },
			giveUp: func(context.Context, error) error { gaveUp++; return nil },
			age:    age, attempt: 1, log: slog.New(slog.DiscardHandler),
		}.work(t.Context())
		if gaveUp != want || (err == nil) != (want == 1) {
			t.Errorf("after %v: %v, given up %d times", age, err, gaveUp)
		}
	}
}

func TestAPanicInAJobIsNeitherStoredNorLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	boom := task{run: func(context.Context) error { panic("hemmeligt emne") }, attempt: 1, log: slog.New(slog.NewJSONHandler(&log, nil))}
	err := boom.work(t.Context())
	if err == nil || strings.Contains(err.Error(), "hemmeligt") || strings.Contains(log.String(), "hemmeligt") || !strings.Contains(log.String(), "job_test.go") {
		t.Errorf("%v\n%s", err, log.String())
	}
	boom.attempt, boom.giveUp = maxAttempts, func(context.Context, error) error { panic("hemmeligt emne") }
	if _, snoozed := errors.AsType[*rivertype.JobSnoozeError](boom.work(t.Context())); !snoozed {
		t.Error("a delivery that could not even be given up has lost its job")
	}
}

func TestADeliveryThatCannotBeGivenUpKeepsItsJob(t *testing.T) {
	t.Parallel()
	err := task{
		run:     func(context.Context) error { return told(fault.Internal, 0) },
		giveUp:  func(context.Context, error) error { return told(fault.Unavailable, 0) },
		attempt: maxAttempts, log: slog.New(slog.DiscardHandler),
	}.work(t.Context())
	if _, snoozed := errors.AsType[*rivertype.JobSnoozeError](err); !snoozed {
		t.Errorf("got %v", err)
	}
}

func TestATimeoutIsAnAttemptAndAStopIsNone(t *testing.T) {
	t.Parallel()
	gaveUp := 0
	slow := task{
		run: func(ctx context.Context) error { <-ctx.Done(); return told(fault.Unavailable, 0) },
		giveUp: func(ctx context.Context, _ error) error {
			gaveUp++
			return ctx.Err() // the job has run out of time, and yet there is some left to write that down
		},
		attempt: maxAttempts, log: slog.New(slog.DiscardHandler),
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := slow.work(stopped); !errors.Is(err, context.Canceled) || gaveUp != 0 {
		t.Errorf("a stop: %v, given up %d times", err, gaveUp)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := slow.work(late); err != nil || gaveUp != 1 {
		t.Errorf("a timeout: %v, given up %d times", err, gaveUp)
	}
}

func TestRiverNeverDiscardsWithinOurBudget(t *testing.T) {
	t.Parallel()
	if neverDiscarded < 2*maxAttempts || neverDiscarded > 1<<15-1 { // max_attempts is a smallint in PostgreSQL
		t.Errorf("%d", neverDiscarded)
	}
	p, before := retryPolicy{time.Now}, time.Duration(0)
	for attempt := 1; attempt <= neverDiscarded; attempt++ {
		pause := time.Until(p.NextRetry(&rivertype.JobRow{Attempt: attempt}))
		if pause <= 0 || pause > lastRetry+lastRetry/8 || pause < before/2 {
			t.Fatalf("attempt %d: the pause is %s after %s", attempt, pause, before)
		}
		before = pause
	}
}
