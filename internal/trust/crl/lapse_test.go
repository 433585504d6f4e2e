package crl_test

import (
	"crypto/x509"
	"math/big"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

// switched is a server that can be turned off.
type switched struct {
	*server
	list atomic.Pointer[[]byte]
	off  atomic.Bool
}

func newSwitched(t testing.TB) (*switched, string) {
	s := &switched{server: newServer(t)}
	s.mux.HandleFunc("/list", func(w http.ResponseWriter, _ *http.Request) {
		if list := s.list.Load(); list != nil && !s.off.Load() {
			_, _ = w.Write(*list)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	return s, s.URL + "/list"
}

func (s *switched) put(der []byte) { s.list.Store(&der) }

func TestWhatAnOutOfDateListStillSays(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	good, revoked, hold := named(t, foreign(), address), named(t, foreign(), address), named(t, foreign(), address)
	web.put(listOf(t, foreign(), func(l *x509.RevocationList) { l.RevokedCertificateEntries[1].ReasonCode = 6 }, revoked, hold))
	time0 := &clock{}
	source := loopback(time0)
	for _, subject := range []*x509.Certificate{good, revoked, hold} {
		if got := check(source, subject, foreign()); got.Source != "crl" || !got.LapsedAt.IsZero() {
			t.Fatalf("in its time: %+v", got)
		}
	}
	end := start.Add(24 * time.Hour)
	web.off.Store(true)
	time0.forward(48 * time.Hour)
	if got := check(source, good, foreign()); got.Status != trust.StatusUnknown || !got.LapsedAt.Equal(end) || got.Cause == nil {
		t.Errorf("not on it: %+v", got)
	}
	for name, subject := range map[string]*x509.Certificate{"on it": revoked, "on hold": hold} {
		got := check(source, subject, foreign())
		if got.Status != trust.StatusRevoked || got.Source != "crl" || !got.NextUpdate.Equal(end) || got.RevokedAt.IsZero() || got.Number != "7" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// The authority is back, and has let go of the one on hold.
	web.put(listOf(t, foreign(), func(l *x509.RevocationList) {
		l.Number, l.ThisUpdate, l.NextUpdate = big.NewInt(8), start.Add(47*time.Hour), start.Add(72*time.Hour)
	}, revoked))
	web.off.Store(false)
	time0.forward(2 * time.Minute)
	for name, want := range map[*x509.Certificate]trust.Status{good: trust.StatusGood, hold: trust.StatusGood, revoked: trust.StatusRevoked} {
		if got := check(source, name, foreign()); got.Status != want || !got.LapsedAt.IsZero() {
			t.Errorf("afterwards: %q, want %q", got.Status, want)
		}
	}
}

func TestNothingHasLapsedWhereNothingWasHeld(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	web.off.Store(true)
	if got := check(loopback(&clock{}), named(t, foreign(), address), foreign()); got.Status != trust.StatusUnknown || !got.LapsedAt.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestACurrentMirrorOutweighsAListThatHasEnded(t *testing.T) {
	t.Parallel()
	web, first := newSwitched(t)
	subject := named(t, foreign(), first, web.URL+"/mirror")
	web.put(listOf(t, foreign(), nil, subject)) // on hold, say
	mirror := listOf(t, foreign(), func(l *x509.RevocationList) { l.Number, l.NextUpdate = big.NewInt(9), start.AddDate(0, 1, 0) })
	web.at("/mirror", func() []byte { return mirror })
	time0 := &clock{}
	source := loopback(time0)
	if got := check(source, subject, foreign()); got.Status != trust.StatusRevoked {
		t.Fatalf("%q", got.Status)
	}
	web.off.Store(true)
	time0.forward(48 * time.Hour)
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood || got.Number != "9" {
		t.Errorf("%q of %q", got.Status, got.Number)
	}
}

func TestListsThatAreNotNumberedGoByTheirDay(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	subject := named(t, foreign(), address)
	on := func(day int, number int64, revoked ...*x509.Certificate) []byte {
		return listOf(t, foreign(), func(l *x509.RevocationList) {
			l.Number, l.ThisUpdate, l.NextUpdate = big.NewInt(number), start.AddDate(0, 0, day-9), start.AddDate(1, 0, 0)
		}, revoked...)
	}
	cases := []struct {
		name    string
		held    []byte
		offered []byte
		taken   bool
	}{
		{"a later one with a higher number", on(1, 7), on(2, 8, subject), true},
		{"an earlier one with a lower number", on(2, 8), on(1, 7, subject), false},
		{"a lower number of the same day", on(2, 8), on(2, 7, subject), false},
		{"the same number of an earlier day", on(2, 8), on(1, 8, subject), false},
		{"an authority that has lost count", on(1, 8), on(2, 1, subject), true},
	}
	for _, c := range cases {
		time0 := &clock{}
		source := loopback(time0)
		web.put(c.held)
		if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
			t.Fatalf("%s: %q (%v)", c.name, got.Status, got.Cause)
		}
		web.put(c.offered)
		time0.forward(2 * time.Hour)
		before := web.hits.Load()
		source.Refresh(t.Context(), pairs(subject))
		if got := check(source, subject, foreign()); (got.Status == trust.StatusRevoked) != c.taken || web.hits.Load() != before+1 {
			t.Errorf("%s: %q after %d fetches", c.name, got.Status, web.hits.Load()-before)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
