package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	// maxAttempts ends a job that only ever fails; with retryPolicy that is about a day of trying.
	maxAttempts = 24
	// neverDiscarded is what River is told. It throws a job away that fails in its last attempt, and also one whose process
	// died in it; a delivery without a job would stand still for ever and tell nobody. So the end of the budget is ours to
	// see, and River's own lies far behind it.
	neverDiscarded = 1000
	// jobTimeout must fit the upload of the largest copy through a slow link (Graph: 4 MB ranges, 150 MB in 5 minutes).
	jobTimeout = 15 * time.Minute
	// rescueAfter: a job still running then may have belonged to a process that died, and is given out once more. Most jobs take
	// seconds; one that is still at a large upload keeps its attempt, and the second run waits for it.
	rescueAfter = 2 * time.Minute
	// pollPause is how long a job may lie before a worker sees it: a person is waiting for the receipt.
	pollPause = 200 * time.Millisecond
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
	Asked     int64  `json:"asked,omitempty"` // by a person, and when; 0 is the first one, which nobody asks for
}

func (noticeArgs) Kind() string { return "notice" }

type nightlyArgs struct{}

func (nightlyArgs) Kind() string { return "nightly" }

type tidyArgs struct{}

func (tidyArgs) Kind() string { return "tidy" }

type auditArgs struct{}

func (auditArgs) Kind() string { return "audit" }

// auditEvery is how long a row of the audit log is outside its chain.
const auditEvery = time.Minute

// tidyEvery is how often what nobody waits for is done.
const tidyEvery = 15 * time.Minute

// enqueueDeliveries stores the jobs; not before is the end of the undo window, zero where there is none.
func (s *Store) enqueueDeliveries(ctx context.Context, tx *transaction, deliveries []Delivery, notBefore time.Time) error {
	jobs := make([]river.InsertManyParams, len(deliveries))
	for i, d := range deliveries {
		jobs[i] = river.InsertManyParams{Args: deliverArgs{d.ID}, InsertOpts: &river.InsertOpts{MaxAttempts: neverDiscarded, ScheduledAt: notBefore}}
	}
	if _, err := s.insert.InsertManyTx(ctx, tx.Tx, jobs); err != nil {
		return fmt.Errorf("enqueueing deliveries: %w", err)
	}
	return nil
}

func (s *Store) enqueueNotice(ctx context.Context, tx *transaction, args noticeArgs) error {
	if _, err := s.insert.InsertTx(ctx, tx.Tx, args, &river.InsertOpts{MaxAttempts: neverDiscarded}); err != nil {
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
	// NoticeAgain is for one that a person has asked for, at a time that no other was.
	NoticeAgain func(ctx context.Context, messageID string, asked time.Time) error
	// Nightly is done once a night, by one of the machines; Tidy every quarter of an hour.
	Nightly func(ctx context.Context) error
	Tidy    func(ctx context.Context) error
	// Audit is done each minute. nil: it is not.
	Audit func(ctx context.Context) error
}

// Queue works on the jobs until it is stopped.
type Queue struct{ client *river.Client[*sql.Tx] }

// QueueOptions are how the jobs are worked on.
type QueueOptions struct {
	Workers int
	Rescue  time.Duration // after which a job that has not ended is given out once more; 0 is rescueAfter
	Log     *slog.Logger
}

// StartQueue starts workers. Jobs that a process left half done come back.
func (s *Store) StartQueue(ctx context.Context, h Handlers, o QueueOptions) (*Queue, error) {
	log := o.Log
	if o.Rescue <= 0 {
		o.Rescue = rescueAfter
	}
	pool := river.NewWorkers()
	river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[deliverArgs]) error {
		id := job.Args.DeliveryID
		return task{
			run:     func(ctx context.Context) error { return h.Deliver(ctx, id) },
			giveUp:  func(ctx context.Context, cause error) error { return h.GiveUp(ctx, id, cause) },
			attempt: job.Attempt, age: s.now().Sub(job.CreatedAt), log: log, name: slog.String("delivery_id", id),
		}.lasting(ctx)
	}))
	river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[noticeArgs]) error {
		id, asked := job.Args.MessageID, job.Args.Asked
		return task{
			run: func(ctx context.Context) error {
				if asked != 0 {
					return h.NoticeAgain(ctx, id, fromMillis(asked))
				}
				return h.Notice(ctx, id)
			},
			giveUp:  func(context.Context, error) error { return nil }, // what the sender sees of the message is true without it
			attempt: job.Attempt, age: s.now().Sub(job.CreatedAt), log: log, name: slog.String("message_id", id),
		}.lasting(ctx)
	}))
	river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[nightlyArgs]) error {
		return s.round("nightly", h.Nightly, job.JobRow, log).lasting(ctx)
	}))
	river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[tidyArgs]) error {
		return s.round("tidy", h.Tidy, job.JobRow, log).lasting(ctx)
	}))
	rounds := []*river.PeriodicJob{
		river.NewPeriodicJob(nightly{}, func() (river.JobArgs, *river.InsertOpts) { return nightlyArgs{}, once(12 * time.Hour) }, nil),
		river.NewPeriodicJob(river.PeriodicInterval(tidyEvery), func() (river.JobArgs, *river.InsertOpts) { return tidyArgs{}, once(tidyEvery / 2) }, nil),
	}
	if h.Audit != nil {
		river.AddWorker(pool, river.WorkFunc(func(ctx context.Context, job *river.Job[auditArgs]) error {
			return s.round("audit", h.Audit, job.JobRow, log).lasting(ctx)
		}))
		rounds = append(rounds, river.NewPeriodicJob(river.PeriodicInterval(auditEvery),
			func() (river.JobArgs, *river.InsertOpts) { return auditArgs{}, once(auditEvery / 2) }, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	client, err := river.NewClient(s.dialect.queue(), &river.Config{
		PeriodicJobs:      rounds,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}},
		Workers:           pool,
		Logger:            slog.New(quiet{log.Handler()}),
		FetchPollInterval: pollPause,
		// River rescues no job before its time-out. Ours outlive it: see lasting.
		JobTimeout:           o.Rescue,
		JobStuckThreshold:    jobTimeout,
		RescueStuckJobsAfter: o.Rescue,
		MaxAttempts:          neverDiscarded,
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

// round is a run of something that is done now and then. There is another one, so that nothing is lost when one is given up.
func (s *Store) round(name string, do func(ctx context.Context) error, job *rivertype.JobRow, log *slog.Logger) task {
	return task{
		run: do, giveUp: func(context.Context, error) error { return nil },
		attempt: job.Attempt, age: s.now().Sub(job.CreatedAt), log: log, name: slog.String("job", name),
	}
}

// once keeps a second machine, which has just become the leader, from doing again what has been done.
func once(within time.Duration) *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: within}}
}

// nightly is a quarter past two, UTC: nobody writes mail, and no day has it twice or not at all.
type nightly struct{}

// Next is the coming one.
func (nightly) Next(t time.Time) time.Time {
	t = t.UTC()
	at := time.Date(t.Year(), t.Month(), t.Day(), 2, 15, 0, 0, time.UTC)
	if !at.After(t) {
		at = at.AddDate(0, 0, 1)
	}
	return at
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

type retryPolicy struct{ now func() time.Time }

// NextRetry doubles the pause, with a jitter of a quarter so that what failed together does not come back together.
func (p retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	pause := lastRetry
	if n := job.Attempt - 1; n < 12 {
		pause = min(firstRetry<<n, lastRetry)
	}
	return p.now().Add(pause - pause/8 + rand.N(pause/4)) //nolint:gosec // a jitter is no secret
}
