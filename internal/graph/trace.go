package graph

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxTraced bounds a Trace. A message of 150 MB takes under 40 calls when nothing goes wrong; what falls out is the oldest,
// for it is the last calls that support asks about.
const maxTraced = 200

// Call is what Microsoft's support needs to find one request in its own logs, and nothing that says whose it was.
type Call struct {
	Operation       string // the metric label: a fixed word
	At              time.Time
	Status          int    // 0: no answer came
	RequestID       string // Graph's, or "" where no answer came
	ClientRequestID string // ours, sent along: the only handle on a request that was never answered
}

// Trace collects the calls that were made for one piece of work. It is safe for use by many at once.
type Trace struct {
	mu    sync.Mutex
	calls []Call
}

type traceKey struct{}

// WithTrace makes every call under the returned context report to the trace, the calls that succeed included: support asks
// for the request-id of a send that was accepted and never arrived.
func WithTrace(ctx context.Context) (context.Context, *Trace) {
	t := &Trace{}
	return context.WithValue(ctx, traceKey{}, t), t
}

// Calls lists what was asked, oldest first.
func (t *Trace) Calls() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

// RequestIDs is the id of every call, oldest first: Graph's, or ours where no answer came.
func (t *Trace) RequestIDs() []string {
	calls := t.Calls()
	ids := make([]string, len(calls))
	for n, one := range calls {
		ids[n] = one.RequestID
		if one.RequestID == "" {
			ids[n] = one.ClientRequestID
		}
	}
	return ids
}

func record(ctx context.Context, one Call) {
	t, ok := ctx.Value(traceKey{}).(*Trace)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, one)
	if over := len(t.calls) - maxTraced; over > 0 {
		t.calls = slices.Delete(t.calls, 0, over)
	}
}
