package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"aau.dk/sendsikker/api/admin/overview"
	"aau.dk/sendsikker/internal/certs"
)

// watched is a source of certificates of which is known what came of asking it last. Nobody is asked for the sake of knowing: an
// administrator's page must not be what keeps a directory busy.
type watched struct {
	certs.Source
	now func() time.Time

	mu   sync.Mutex
	last overview.Source
}

func (o *finders) watch(s certs.Source, now func() time.Time) *watched {
	w := &watched{Source: s, now: now, last: overview.Source{Name: s.Name()}}
	o.watched = append(o.watched, w)
	return w
}

// Find asks, and remembers what came of it.
func (w *watched) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	found, err := w.Source.Find(ctx, addresses)
	if errors.Is(err, context.Canceled) {
		return found, err // whoever asked has gone away: it says nothing about the source
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last.At, w.last.Fails = w.now(), err != nil
	return found, err
}

// answers are the last ones of all that are asked over the network.
func (o *finders) answers() []overview.Source {
	list := make([]overview.Source, len(o.watched))
	for i, w := range o.watched {
		w.mu.Lock()
		list[i] = w.last
		w.mu.Unlock()
	}
	return list
}
