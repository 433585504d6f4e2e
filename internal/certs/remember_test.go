package certs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// A directory that breaks off gives some of what it has. That is used, and is not the answer of the next hour.
func TestAnAnswerThatWasBrokenOffIsUsedAndNotTakenForTheWhole(t *testing.T) {
	t.Parallel()
	w := made()
	first, second := certs.Candidate{Certificate: w.certificate(t, bo, 2, 300)}, certs.Candidate{Certificate: w.certificate(t, bo, 1, 300)}
	m := remember(t, map[string][]certs.Candidate{bo: {first}})
	m.source.err = errAway
	if found, err := m.look(t, bo); found != 1 || !errors.Is(err, errAway) {
		t.Fatalf("%d, %v", found, err)
	}
	m.source.err, m.source.has = nil, map[string][]certs.Candidate{bo: {first, second}}
	if found, err := m.look(t, bo); found != 2 || err != nil {
		t.Errorf("when it is whole again: %d, %v", found, err)
	}
	// And the other way round: what was whole an hour ago is not forgotten for a part.
	m.now = m.now.Add(2 * time.Hour)
	m.source.err, m.source.has = errAway, map[string][]certs.Candidate{bo: {first}}
	for range 2 {
		got, err := m.Find(context.Background(), []string{bo})
		if !slices.ContainsFunc(got[bo], func(c certs.Candidate) bool { return c.Certificate.Equal(second.Certificate) }) || !errors.Is(err, errAway) {
			t.Errorf("broken off again: %d, %v", len(got[bo]), err)
		}
	}
}

func TestAClockThatIsSetBackMakesNothingLastLonger(t *testing.T) {
	t.Parallel()
	m := remember(t, map[string][]certs.Candidate{bo: {{Certificate: made().certificate(t, bo, 1, 300)}}})
	_, _ = m.look(t, bo)
	m.now = m.now.AddDate(-1, 0, 0)
	m.source.err, m.source.has = errAway, nil
	if found, err := m.look(t, bo); found != 0 || !errors.Is(err, errAway) {
		t.Errorf("%d, %v", found, err)
	}
}

// Anybody who may send can ask for addresses that nobody has. They must not take what carries the others through an outage.
func TestAddressesThatNobodyHasPushOutNothingThatWasFound(t *testing.T) {
	t.Parallel()
	m := remember(t, map[string][]certs.Candidate{bo: {{Certificate: made().certificate(t, bo, 1, 300)}}})
	_, _ = m.look(t, bo)
	m.now = m.now.Add(2 * time.Hour) // carried through outages only
	m.source.has = nil
	for batch := range 30 {
		var many []string
		for i := range 1000 {
			many = append(many, fmt.Sprintf("%d.%d@x.example", batch, i))
		}
		_, _ = m.Find(context.Background(), many)
	}
	m.source.err = errAway
	if found, _ := m.look(t, bo); found != 1 || m.Held() > certs.MaxRemembered {
		t.Errorf("%d, %d are remembered", found, m.Held())
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
