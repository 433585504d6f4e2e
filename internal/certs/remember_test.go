package certs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
)

// memory is a source that is remembered, and the clock that it is remembered by.
type memory struct {
	*certs.Remembered
	source *source
	calls  atomic.Int64
	now    time.Time
}

func remember(t *testing.T, has map[string][]certs.Candidate) *memory {
	t.Helper()
	m := &memory{now: time.Now()}
	m.source = &source{name: "ldap", has: has, calls: &m.calls}
	m.Remembered = certs.Remember(m.source, certs.Memory{Found: time.Hour, None: 5 * time.Minute, Stale: 24 * time.Hour, Now: func() time.Time { return m.now }})
	return m
}

func (m *memory) look(t *testing.T, address string) (found int, err error) {
	t.Helper()
	got, err := m.Find(context.Background(), []string{address})
	return len(got[address]), err
}

func TestHowLongAnAnswerHolds(t *testing.T) {
	t.Parallel()
	has := map[string][]certs.Candidate{bo: {{Certificate: made().certificate(t, bo, 1, 300)}}}
	cases := []struct {
		name, address string
		after         time.Duration
		asked         int64
	}{
		{"what was found, for an hour", bo, 59 * time.Minute, 1},
		{"and no longer", bo, 61 * time.Minute, 2},
		{"nothing, for some minutes", ida, 4 * time.Minute, 1},
		{"and no longer", ida, 6 * time.Minute, 2},
		{"not when the clock was set back", bo, -time.Minute, 2},
	}
	for _, c := range cases {
		t.Run(c.name+" "+c.address, func(t *testing.T) {
			m := remember(t, has)
			before, _ := m.look(t, c.address)
			m.now = m.now.Add(c.after)
			if after, err := m.look(t, c.address); err != nil || after != before || m.calls.Load() != c.asked {
				t.Errorf("%d then %d, asked %d times, %v", before, after, m.calls.Load(), err)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestOnlyWhatIsNotRememberedIsAskedFor(t *testing.T) {
	t.Parallel()
	m := remember(t, nil)
	m.source.asked = new([]string)
	if _, err := m.look(t, bo); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Find(context.Background(), []string{bo, ida}); err != nil || len(*m.source.asked) != 1 || (*m.source.asked)[0] != ida {
		t.Errorf("asked for %v, %v", *m.source.asked, err)
	}
}

func TestASilentSourceIsNotRememberedAsHavingNothing(t *testing.T) {
	t.Parallel()
	m := remember(t, nil)
	m.source.err = errAway
	if _, err := m.look(t, bo); !errors.Is(err, errAway) {
		t.Fatalf("%v", err)
	}
	m.source.err, m.source.has = nil, map[string][]certs.Candidate{bo: {{Certificate: made().certificate(t, bo, 1, 300)}}}
	if found, err := m.look(t, bo); err != nil || found != 1 {
		t.Errorf("when it is back: %d, %v", found, err)
	}
}

func TestThroughAnOutageWhatWasFoundIsGivenOnAndTheSourceStillNamed(t *testing.T) {
	t.Parallel()
	m := remember(t, map[string][]certs.Candidate{bo: {{Certificate: made().certificate(t, bo, 1, 300)}}})
	_, _ = m.look(t, bo)
	m.source.err, m.source.has = errAway, nil
	for after, want := range map[time.Duration]int{2 * time.Hour: 1, 26 * time.Hour: 0} {
		start := m.now
		m.now = m.now.Add(after)
		if found, err := m.look(t, bo); found != want || !errors.Is(err, errAway) {
			t.Errorf("after %v: %d, %v", after, found, err)
		}
		m.now = start
	}
}

func TestAMillionAddressesAreNotAllRemembered(t *testing.T) {
	t.Parallel()
	m := remember(t, nil)
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			for j := range 8000 {
				_, _ = m.Find(context.Background(), []string{fmt.Sprintf("%d.%d@x.example", i, j)})
			}
		})
	}
	wait.Wait()
	if held := m.Held(); held > certs.MaxRemembered {
		t.Errorf("%d are remembered", held)
	}
}
