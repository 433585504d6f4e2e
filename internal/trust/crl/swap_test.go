package crl_test

import (
	"crypto/x509"
	"math/big"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

// swaps is a server whose one list whoever stands on the way chooses, among all that the authority has signed.
type swaps struct {
	t       *testing.T
	list    atomic.Pointer[[]byte]
	time    *clock
	source  *crl.Source
	subject *x509.Certificate
	hits    func() int64
}

func newSwaps(t *testing.T, name func(*server, string) *x509.Certificate) *swaps {
	web := newServer(t)
	s := &swaps{t: t, time: &clock{}, hits: web.hits.Load}
	s.source = loopback(s.time)
	s.subject = name(web, web.at("/list", func() []byte { return *s.list.Load() }))
	return s
}

// play serves the list until it has been fetched once more.
func (s *swaps) play(list []byte) trust.Revocation {
	s.t.Helper()
	s.list.Store(&list)
	s.time.forward(2 * time.Hour)
	before := s.hits()
	for end := time.Now().Add(5 * time.Second); s.hits() == before && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		check(s.source, s.subject, foreign())
	}
	time.Sleep(20 * time.Millisecond) // it is taken or refused by then
	return check(s.source, s.subject, foreign())
}

func dated(number int64, day time.Time) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.Number, l.ThisUpdate = big.NewInt(number), day }
}

// A list of the same authority about something else, put in between, made an old list look like the newest.
func TestAListAboutSomethingElseDoesNotMakeRoomForAnOldOne(t *testing.T) {
	t.Parallel()
	s := newSwaps(t, func(_ *server, address string) *x509.Certificate { return named(t, foreign(), address) })
	users := with(point("", yes(1)))
	before := listOf(t, foreign(), all(users, dated(9, start.Add(-2*time.Hour))))
	stolen := listOf(t, foreign(), all(users, dated(10, start.Add(-time.Hour))), s.subject)
	authorities := listOf(t, foreign(), all(with(point("", yes(2))), dated(3, start)))
	s.list.Store(&stolen)
	s.source.Refresh(t.Context(), pairs(s.subject))
	for _, played := range [][]byte{authorities, before, stolen, authorities, before} {
		if got := s.play(played); got.Status != trust.StatusRevoked {
			t.Fatalf("%q (%v)", got.Status, got.Cause)
		}
	}
}

func TestARestartDoesNotMakeRoomForAListAboutSomethingElse(t *testing.T) {
	t.Parallel()
	s := newSwaps(t, func(_ *server, address string) *x509.Certificate { return named(t, foreign(), address) })
	stolen := listOf(t, foreign(), all(with(point("", yes(1))), dated(10, start.Add(-time.Hour))), s.subject)
	authorities := listOf(t, foreign(), all(with(point("", yes(2))), dated(3, start)))
	folder := t.TempDir()
	s.list.Store(&stolen)
	inFolder(s.time, folder).Refresh(t.Context(), pairs(s.subject))
	s.list.Store(&authorities)
	s.time.forward(2 * time.Hour)
	restarted := inFolder(s.time, folder)
	restarted.Refresh(t.Context(), pairs(s.subject))
	if got := check(restarted, s.subject, foreign()); got.Status != trust.StatusRevoked || s.hits() != 2 {
		t.Errorf("%q after %d fetches (%v)", got.Status, s.hits(), got.Cause)
	}
}

func TestADeltaListAboutSomethingElseDoesNotPushOutWhatADeltaListRevoked(t *testing.T) {
	t.Parallel()
	users := with(point("", yes(1)))
	complete := listOf(t, foreign(), all(users, numbered(7)))
	s := newSwaps(t, func(web *server, address string) *x509.Certificate {
		return issued(t, foreign(), pointsAt(at{addresses: []string{web.at("/complete", func() []byte { return complete })}}), freshestAt(address))
	})
	stolen := signedBy(t, foreign().Issuing(), all(users, numbered(8), with(delta(7))), row(s.subject, 1))
	authorities := signedBy(t, foreign().Issuing(), all(with(point("", yes(2))), dated(9, start), with(delta(7))))
	s.list.Store(&stolen)
	if got := check(s.source, s.subject, foreign()); got.Status != trust.StatusRevoked {
		t.Fatalf("at first: %q (%v)", got.Status, got.Cause)
	}
	for range 2 {
		if got := s.play(authorities); got.Status != trust.StatusRevoked {
			t.Fatalf("%q (%v)", got.Status, got.Cause)
		}
	}
}

// Who was on the way for a moment must not have the last word, and an authority may change what its list is about.
func TestTheRightListReplacesAWrongOneAndALaterOneOfAnotherScopeTheOldOne(t *testing.T) {
	t.Parallel()
	s := newSwaps(t, func(_ *server, address string) *x509.Certificate { return named(t, foreign(), address) })
	wrong := listOf(t, foreign(), all(with(point("", yes(2))), dated(30, start)))
	right := listOf(t, foreign(), all(with(point("", yes(1))), dated(10, start.Add(-time.Hour))))
	s.list.Store(&wrong)
	if got := check(s.source, s.subject, foreign()); got.Status != trust.StatusUnknown {
		t.Fatalf("the wrong list: %q", got.Status)
	}
	if got := s.play(right); got.Status != trust.StatusGood {
		t.Fatalf("the right list: %q (%v)", got.Status, got.Cause)
	}
	whole := listOf(t, foreign(), func(l *x509.RevocationList) {
		l.Number, l.ThisUpdate, l.NextUpdate = big.NewInt(11), start, start.Add(48*time.Hour)
	})
	if got := s.play(whole); got.Number != "10" {
		t.Errorf("a list about everything, while the one about users is in its time: number %q", got.Number)
	}
	if held := s.source.Lists(); len(held) != 1 || !strings.Contains(held[0].Err, "something else") {
		t.Errorf("%+v", held)
	}
	s.time.forward(24 * time.Hour)
	if got := s.play(whole); got.Status != trust.StatusGood || got.Number != "11" {
		t.Errorf("after it: %q, number %q (%v)", got.Status, got.Number, got.Cause)
	}
}
