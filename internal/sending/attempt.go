package sending

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// attempt makes one, when the mailbox may: it is registered before anything is tried, and counts on every machine.
func (s *Service) attempt(ctx context.Context, d store.Delivery, asking bool, do func(ctx context.Context) error) error {
	id, err := s.Store.BeginAttempt(ctx, d, s.Limits, asking)
	if limited, is := errors.AsType[*store.Limited](err); is {
		f := fault.New(fault.Throttled, "mailbox_at_its_limit", fault.Sentence{
			DA: "Postkassen sender så hurtigt, den må. Mailen venter på sin tur.",
			EN: "The mailbox sends as fast as it may. The mail waits for its turn.",
		}, limited)
		f.RetryAfter = limited.Wait
		return f
	}
	if err != nil {
		return unavailable(err)
	}
	defer s.keepAlive(ctx, id)()
	traced, numbers := s.Post.Traced(ctx)
	run := &run{attempt: id, numbers: numbers}
	err = do(context.WithValue(traced, runKey{}, run))
	if run.ended {
		return err
	}
	// What it costs when this is not written down: the attempt counts until its lease ends.
	if endErr := s.Store.EndAttempt(context.WithoutCancel(ctx), id, run.sent); endErr != nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "the end of an attempt could not be stored", slog.String("delivery_id", d.ID), slog.Any("err", endErr))
	}
	return err
}

// keepAlive says that the attempt is still being made, until the function that it gives is called.
func (s *Service) keepAlive(ctx context.Context, id string) (stop func()) {
	lease := s.Limits.Lease
	if lease <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() {
		beat := time.NewTicker(lease / 3)
		defer beat.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
				if err := s.Store.KeepAttempt(ctx, id, lease); err != nil && ctx.Err() == nil {
					s.Log.LogAttrs(ctx, slog.LevelWarn, "an attempt could not be kept", slog.Any("err", err))
				}
			}
		}
	})
	return func() { cancel(); wait.Wait() }
}

// run is what is learnt of one attempt while it is made.
type run struct {
	attempt string
	numbers func() []string // that the other side gave the calls so far
	told    int             // how many of them are on the time line already
	sent    bool            // something was sent, or may have been
	ended   bool            // it is written down that it has
}

// maxNumbers of one step are kept: support asks about the last ones.
const maxNumbers = 20

// news are the numbers of the calls since it was last asked.
func (r *run) news() []string {
	all := r.numbers()
	since := all[min(r.told, len(all)):]
	r.told = len(all)
	return since[max(0, len(since)-maxNumbers):]
}

type runKey struct{}

// runOf is nil outside of an attempt.
func runOf(ctx context.Context) *run {
	r, _ := ctx.Value(runKey{}).(*run)
	return r
}
