package overview

import (
	"context"
	"errors"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/store"
)

// ledger counts as many copies a day as it has been asked, of each kind of visitor.
type ledger struct {
	Store
	asked  int
	bounds int
	fails  error
}

func (l *ledger) Days(_ context.Context, _ store.Scope, bounds []time.Time) ([]store.Day, error) {
	l.asked++
	l.bounds = len(bounds)
	list := make([]store.Day, len(bounds)-1)
	for i := range list {
		list[i] = store.Day{From: bounds[i], Sealed: l.asked}
	}
	return list, l.fails
}

func TestDaysThatAreOverAreCountedOnceAnHourForEachWhoSeesOthers(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	now := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	p := page{Deps: Deps{Store: l, Now: func() time.Time { return now }}, zone: time.UTC, closed: &closed{seen: map[string]closedDays{}}}
	ask := func(scope store.Scope) []store.Day {
		t.Helper()
		midnight := now.Truncate(24 * time.Hour)
		list, err := p.days(t.Context(), scope, []time.Time{midnight.AddDate(0, 0, -2), midnight.AddDate(0, 0, -1), midnight, midnight.AddDate(0, 0, 1)})
		if err != nil || len(list) != 3 || !list[2].From.Equal(midnight) || !list[0].From.Equal(midnight.AddDate(0, 0, -2)) {
			t.Fatalf("%+v %v", list, err)
		}
		return list
	}
	all, some := store.Scope{All: true}, store.Scope{Mailboxes: []string{"b", "a"}}
	for i, c := range []struct {
		after        time.Duration
		scope        store.Scope
		first, today int
		bounds       int
	}{
		{0, all, 1, 1, 4}, {time.Minute, all, 1, 2, 2}, {0, some, 3, 3, 4}, {0, store.Scope{Mailboxes: []string{"a", "b"}}, 3, 4, 2},
		{0, store.Scope{Mailboxes: []string{"a"}}, 5, 5, 4}, {0, store.Scope{}, 6, 6, 4}, {time.Hour, all, 7, 7, 4}, {13 * time.Hour, all, 8, 8, 4}, {-time.Minute, all, 9, 9, 4},
	} {
		now = now.Add(c.after)
		if list := ask(c.scope); list[0].Sealed != c.first || list[2].Sealed != c.today || l.bounds != c.bounds {
			t.Errorf("%d: %d and %d of %d bounds, want %+v", i, list[0].Sealed, list[2].Sealed, l.bounds, c)
		}
	}
	l.fails = errors.New("away")
	if _, err := p.days(t.Context(), some, []time.Time{now, now, now}); err == nil {
		t.Error("no figures, and no error")
	}
}
