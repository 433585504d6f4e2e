package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// maxAttempts ends a job that only ever fails; with retryDelay that is about a day of trying.
	maxAttempts = 24
	// jobTimeout must fit the upload of the largest copy through a slow link (Graph: 4 MB ranges, 150 MB in 5 minutes).
	jobTimeout = 15 * time.Minute
	// rescueAfter: a job still running then belonged to a process that died.
	rescueAfter = jobTimeout + 5*time.Minute
	// throttlePause is how long to wait when the other side says "too many" and not for how long.
	throttlePause = 30 * time.Second
	// firstRetry doubles up to lastRetry.
	firstRetry = 2 * time.Second
	lastRetry  = time.Hour
)

// Arguments hold ids only: River keeps them in clear.
type deliverArgs struct {
	DeliveryID string `json:"delivery_id"`
}

func (deliverArgs) Kind() string { return "deliver" }

type noticeArgs struct {
	MessageID string `json:"message_id"`
}

func (noticeArgs) Kind() string { return "notice" }

func (s *Store) enqueueDeliveries(ctx context.Context, tx *sql.Tx, deliveries []Delivery) error {
	jobs := make([]river.InsertManyParams, len(deliveries))
	for i, d := range deliveries {
		jobs[i] = river.InsertManyParams{Args: deliverArgs{d.ID}, InsertOpts: &river.InsertOpts{MaxAttempts: maxAttempts}}
	}
	if _, err := s.insert.InsertManyTx(ctx, tx, jobs); err != nil {
		return fmt.Errorf("enqueueing deliveries: %w", err)
	}
	return nil
}

func (s *Store) enqueueNotice(ctx context.Context, tx *sql.Tx, messageID string) error {
	if _, err := s.insert.InsertTx(ctx, tx, noticeArgs{messageID}, &river.InsertOpts{MaxAttempts: maxAttempts}); err != nil {
		return fmt.Errorf("enqueueing a notice: %w", err)
	}
	return nil
}

// Handlers do the work. Each is at least once: it must look at the state before it does anything.
type Handlers struct {
	Deliver func(ctx context.Context, deliveryID string) error
	// GiveUp ends a delivery whose job has used its attempts.
	GiveUp func(ctx context.Context, deliveryID string, cause error) error
	Notice func(ctx context.Context, messageID string) error
}

// Queue works on the jobs until it is stopped.
type Queue struct{ client *river.Client[*sql.Tx] }

// StartQueue starts workers. Jobs that a process left half done come back after rescueAfter.
func (s *Store) StartQueue(ctx context.Context, h Handlers, workers int, log *slog.Logger) (*Queue, error) {
	pool := river.NewWorkers()
	river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[deliverArgs]) error {
		err := h.Deliver(ctx, job.Args.DeliveryID)
		if err != nil && job.Attempt >= job.MaxAttempts && ctx.Err() == nil {
			return h.GiveUp(ctx, job.Args.DeliveryID, err)
		}
		return next(ctx, log, err, slog.String("delivery_id", job.Args.DeliveryID), slog.Int("attempt", job.Attempt))
	}))
	river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[noticeArgs]) error {
		err := h.Notice(ctx, job.Args.MessageID)
		return next(ctx, log, err, slog.String("message_id", job.Args.MessageID), slog.Int("attempt", job.Attempt))
	}))
	client, err := river.NewClient(riversqlite.New(s.db), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:              pool,
		Logger:               slog.New(quiet{log.Handler()}),
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
		MaxAttempts:          maxAttempts,
		RetryPolicy:          retryPolicy{s.now},
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the workers: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return nil, fmt.Errorf("starting the workers: %w", err)
	}
	return &Queue{client}, nil
}

// Stop lets running jobs finish until ctx ends, then hands them back.
func (q *Queue) Stop(ctx context.Context) error {
	if err := q.client.Stop(ctx); err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return q.client.StopAndCancel(hard)
	}
	return nil
}

// next turns a handler's error into the queue's next step; fault.Kind.Next is the table.
func next(ctx context.Context, log *slog.Logger, err error, attrs ...slog.Attr) error {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	attrs = append(attrs, slog.String("kind", f.Kind.String()), slog.String("code", f.Code), slog.Any("err", f.Cause))
	log.LogAttrs(ctx, slog.LevelWarn, "job will be tried again", attrs...)
	switch f.Kind.Next() {
	case fault.AgainAfter, fault.LookFirst:
		// A snooze does not count as an attempt: the other side asked us to wait.
		return river.JobSnooze(cmpPause(f.RetryAfter))
	case fault.Again, fault.Never:
		// Handlers end a delivery themselves when the answer is never; what still arrives here is a failure to record it.
		if f.RetryAfter > 0 {
			return river.JobSnooze(f.RetryAfter)
		}
		// Only the code: River stores the text of errors in clear.
		return fmt.Errorf("%s (%s)", f.Code, f.Kind)
	}
	return fmt.Errorf("%s (%s)", f.Code, f.Kind)
}

func cmpPause(d time.Duration) time.Duration {
	if d <= 0 {
		return throttlePause
	}
	return d
}

type retryPolicy struct{ now func() time.Time }

// NextRetry doubles the pause, with a jitter of a quarter so that what failed together does not come back together.
func (p retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	pause := lastRetry
	if n := job.Attempt - 1; n < 12 {
		pause = min(firstRetry<<n, lastRetry)
	}
	return p.now().Add(pause - pause/8 + rand.N(pause/4))
}
