package ocsp_test

import (
	"context"
	"crypto/x509"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

func caRequest() ca.Request { return ca.Request{PrivateKey: foreignBo().Key} }

// story is one certificate over some days, with a responder that says what it is told to.
type story struct {
	t       *testing.T
	web     *server
	time    *clock
	source  *ocsp.Source
	subject *x509.Certificate
	says    atomic.Pointer[[]byte]
}

func newStory(t *testing.T) *story {
	s := &story{t: t, web: newServer(t), time: &clock{}}
	s.source = loopback(s.time)
	s.subject = naming(t, foreign(), s.web.at("/ocsp", func([]byte) []byte { return *s.says.Load() }))
	return s
}

// say has the responder answer from now on as of this moment: status, for so long.
func (s *story) say(status []byte, life time.Duration) {
	now := s.time.now()
	der := about(s.subject, foreign(), func(w *written) {
		w.produced, w.singles[0].status, w.singles[0].this, w.singles[0].next = now, status, now, now.Add(life)
	})
	s.says.Store(&der)
}

func (s *story) fail() { s.says.Store(&[]byte{}) }

// want is what Check gives, after so many questions in all.
func (s *story) want(when string, status trust.Status, hits int64) trust.Revocation {
	s.t.Helper()
	got := check(s.source, s.subject, foreign())
	if got.Status != status {
		s.t.Fatalf("%s: %q, want %q (%v)", when, got.Status, status, got.Cause)
	}
	if s.web.hits.Load() != hits {
		s.t.Fatalf("%s: %d questions, want %d", when, s.web.hits.Load(), hits)
	}
	return got
}

// settles waits for a question that is put behind an answer.
func (s *story) settles(when string, status trust.Status) {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if check(s.source, s.subject, foreign()).Status == status {
			return
		}
	}
	s.t.Fatalf("%s: it never became %q", when, status)
}

// asks waits until the responder has been asked so many times, and for what comes of that.
func (s *story) asks(when string, hits int64) {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); s.web.hits.Load() < hits && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		check(s.source, s.subject, foreign())
	}
	if s.web.hits.Load() != hits {
		s.t.Fatalf("%s: %d questions, want %d", when, s.web.hits.Load(), hits)
	}
	time.Sleep(20 * time.Millisecond)
}

func TestAGoodAnswerIsHeldRenewedAndLapses(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.fail()
	s.want("the responder talks nonsense", trust.StatusUnknown, 1)
	s.say(good, 24*time.Hour)
	s.want("a failure rests", trust.StatusUnknown, 1)
	s.time.forward(61 * time.Second)
	s.say(good, 24*time.Hour)
	lapses := s.time.now().Add(24 * time.Hour)
	got := s.want("a minute later it is asked again", trust.StatusGood, 2)
	if got.Source != "ocsp" || !got.NextUpdate.Equal(lapses) || !got.LapsedAt.IsZero() {
		t.Errorf("what it was read from: %+v", got)
	}
	s.fail()
	s.time.forward(59 * time.Minute)
	s.want("within the hour the held answer is used", trust.StatusGood, 2)
	s.time.forward(2 * time.Minute)
	s.asks("after an hour a newer one is asked for", 3)
	s.want("there was none, and the old one is used on", trust.StatusGood, 3)
	s.time.forward(23 * time.Hour)
	got = s.want("its time is over", trust.StatusUnknown, 4)
	if !got.LapsedAt.Equal(lapses) || got.Cause == nil {
		t.Errorf("lapsed at %v, want %v (%v)", got.LapsedAt, lapses, got.Cause)
	}
	s.time.forward(2 * time.Minute)
	s.say(good, time.Hour)
	s.want("the responder is back", trust.StatusGood, 5)
}

func TestARevocationShowsWithinTheHourAndStays(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.say(good, 7*24*time.Hour)
	old := s.says.Load()
	s.want("good for a week", trust.StatusGood, 1)
	s.time.forward(time.Hour)
	s.say(revoked(s.time.now(), 1), time.Hour)
	s.settles("revoked long before the week is over", trust.StatusRevoked)
	s.says.Store(old)
	s.time.forward(2 * time.Hour)
	s.want("the old answer is played again", trust.StatusRevoked, 2)
	s.time.forward(400 * 24 * time.Hour)
	s.say(good, time.Hour)
	s.want("a year later", trust.StatusRevoked, 2)
	s.asks("nobody asks any more", 2)
	got := s.want("whatever the responder would say", trust.StatusRevoked, 2)
	if got.RevokedAt.IsZero() || !got.LapsedAt.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestAnOldAnswerIsNotBelievedAgain(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.say(good, 7*24*time.Hour)
	old := s.says.Load()
	s.time.forward(time.Minute)
	s.say(revoked(s.time.now(), 6), time.Hour)
	s.want("on hold", trust.StatusRevoked, 1)
	s.says.Store(old)
	s.time.forward(2 * time.Hour)
	s.asks("an answer from before is played again", 2)
	s.want("it is still on hold", trust.StatusRevoked, 2)
}

func TestARevocationIsBelievedThoughSomethingGoodIsNewer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.say(revoked(start, 1), 24*time.Hour)
	stolen := s.says.Load()
	s.time.forward(time.Minute)
	s.say(good, 24*time.Hour)
	s.want("good", trust.StatusGood, 1)
	s.says.Store(stolen)
	s.time.forward(time.Hour)
	s.settles("what is revoked cannot have become good since", trust.StatusRevoked)
}

func TestOnHoldEndsWhenANewerAnswerSaysSo(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.say(revoked(start, 6), time.Hour)
	s.want("on hold", trust.StatusRevoked, 1)
	s.fail()
	s.time.forward(48 * time.Hour)
	s.asks("the answer's time is over, and there is no newer one", 2)
	s.want("it is still on hold", trust.StatusRevoked, 2)
	s.say(unknown, time.Hour)
	s.time.forward(2 * time.Minute)
	s.asks("the responder has forgotten the certificate", 3)
	s.want("it is still on hold, too", trust.StatusRevoked, 3)
	s.say(good, time.Hour)
	s.time.forward(2 * time.Minute)
	s.settles("released", trust.StatusGood)
}

func TestACertificateThatIsNotKnownYetIsAskedAboutAgainInAMinute(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.say(unknown, 24*time.Hour)
	if got := s.want("not known", trust.StatusUnknown, 1); !strings.Contains(got.Cause.Error(), "does not know") || got.Source != "ocsp" {
		t.Errorf("%+v", got)
	}
	s.say(good, 24*time.Hour)
	s.want("within the minute", trust.StatusUnknown, 1)
	s.time.forward(61 * time.Second)
	s.want("known", trust.StatusGood, 2)
	s.say(unknown, 24*time.Hour)
	s.time.forward(time.Hour)
	s.settles("not known any more, though it was good for a day", trust.StatusUnknown)
	if got := check(s.source, s.subject, foreign()); !got.LapsedAt.IsZero() {
		t.Error("a certificate that the responder does not know is given a respite")
	}
}

func TestARevocationIsToldWithoutAskingAnybody(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		status []byte
		want   bool
	}{
		{"revoked", revoked(start, 1), true},
		{"on hold, which can be taken back", revoked(start, 6), false},
		{"good", good, false},
		{"not known", unknown, false},
	}
	for _, c := range cases {
		s := newStory(t)
		issuer := foreign().Issuing().Certificate
		if _, known := s.source.Revoked(s.subject, issuer); known {
			t.Errorf("%s: known before anybody asked", c.name)
		}
		s.say(c.status, time.Hour)
		check(s.source, s.subject, foreign())
		s.time.forward(400 * 24 * time.Hour)
		got, known := s.source.Revoked(s.subject, issuer)
		if known != c.want || known && (got.Status != trust.StatusRevoked || got.Source != "ocsp" || got.RevokedAt.IsZero()) {
			t.Errorf("%s: %v, %+v", c.name, known, got)
		}
		if s.web.hits.Load() != 1 {
			t.Errorf("%s: %d questions", c.name, s.web.hits.Load())
		}
		list := trust.InOrder(alwaysGood{}, s.source).Check(t.Context(), s.subject, issuer)
		if (list.Status == trust.StatusRevoked) != c.want {
			t.Errorf("%s: %q beside a list from before", c.name, list.Status)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

type alwaysGood struct{}

func (alwaysGood) Check(context.Context, *x509.Certificate, *x509.Certificate) trust.Revocation {
	return trust.Revocation{Status: trust.StatusGood}
}

// A machine that wakes up in the wrong year must not keep its mistakes for so long.
func TestAClockThatIsSetBackLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.time.forward(400 * 24 * time.Hour)
	s.fail()
	s.want("a failure in the wrong year", trust.StatusUnknown, 1)
	s.time.forward(-400 * 24 * time.Hour)
	s.say(unknown, 24*time.Hour)
	s.want("the clock is set back", trust.StatusUnknown, 2)
	s.time.forward(-time.Minute)
	s.say(good, 24*time.Hour)
	s.want("and again", trust.StatusGood, 3)
	s.time.forward(-time.Minute)
	s.asks("and once more", 4)
}
