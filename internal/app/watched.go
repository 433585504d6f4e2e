package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"aau.dk/sendsikker/api/admin/directories"
	"aau.dk/sendsikker/api/admin/overview"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
)

// asked is a source of certificates that others run.
type asked interface {
	certs.Source
	Check(ctx context.Context) error
}

// watched is such a source, of which is known what came of asking it last. Nobody is asked for the sake of knowing: an
// administrator's page must not be what keeps a directory busy.
type watched struct {
	asked
	facts directories.Source // of its settings
	now   func() time.Time

	mu   sync.Mutex
	last lastAnswer
}

// lastAnswer is what came of asking.
type lastAnswer struct {
	at   time.Time // zero: not asked since the program started
	took time.Duration
	err  *fault.Fault // nil: it answered
}

func (o *finders) watch(s asked, facts directories.Source, now func() time.Time) *watched {
	facts.Name = s.Name()
	w := &watched{asked: s, facts: facts, now: now}
	o.watched = append(o.watched, w)
	return w
}

// Find asks, and remembers what came of it.
func (w *watched) Find(ctx context.Context, addresses []string) (found map[string][]certs.Candidate, err error) {
	begun := w.now()
	found, err = w.asked.Find(ctx, addresses)
	w.remember(begun, err)
	return found, err
}

// Check is what an administrator has it asked; it is remembered as any other question is.
func (w *watched) Check(ctx context.Context) error {
	begun := w.now()
	err := w.asked.Check(ctx)
	w.remember(begun, err)
	return err
}

func (w *watched) remember(begun time.Time, err error) {
	if errors.Is(err, context.Canceled) {
		return // whoever asked has gone away: it says nothing about the source
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.now()
	w.last = lastAnswer{at: at, took: at.Sub(begun)}
	if err != nil {
		w.last.err = fault.From(err)
	}
}

func (w *watched) told() lastAnswer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// answers are the last ones of all that are asked over the network.
func (o *finders) answers() []overview.Source {
	list := make([]overview.Source, len(o.watched))
	for i, w := range o.watched {
		last := w.told()
		list[i] = overview.Source{Name: w.Name(), At: last.at, Fails: last.err != nil}
	}
	return list
}
