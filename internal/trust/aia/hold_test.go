package aia_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestADeadAddressDoesNotHoldUpTheOther(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	release := make(chan struct{})
	defer close(release)
	dead := web.handle("/dead", func(http.ResponseWriter, *http.Request) { <-release })
	good := web.at("/good", issuing.certificate.Raw)
	began := time.Now()
	if got := ask(newSource(&clock{}), issuing.leaf(t, dead, good)); len(got) != 1 || time.Since(began) > 3*time.Second {
		t.Errorf("%d certificates after %v", len(got), time.Since(began))
	}
}

func TestTheCallerWaitsNoLongerThanItWantsAndTheNextHasTheAnswer(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	release := make(chan struct{})
	slow := web.handle("/slow", func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = w.Write(issuing.certificate.Raw)
	})
	source, leaf := newSource(&clock{}), issuing.leaf(t, slow)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if got := source.Issuers(ctx, leaf); len(got) != 0 {
		t.Errorf("%d certificates before there was an answer", len(got))
	}
	close(release)
	if got := ask(source, leaf); len(got) != 1 || web.hits.Load() != 1 {
		t.Errorf("%d certificates, asked %d times", len(got), web.hits.Load())
	}
}

func TestManyWhoAskAtOnceAreOneQuestion(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	address := web.at("/issuing.cer", issuing.certificate.Raw)
	source := newSource(&clock{})
	var all sync.WaitGroup
	var good atomic.Int64
	for range 20 {
		leaf := issuing.leaf(t, address)
		all.Go(func() { good.Add(int64(len(ask(source, leaf)))) })
	}
	all.Wait()
	if good.Load() != 20 || web.hits.Load() != 1 {
		t.Errorf("%d of 20 have their issuer, asked %d times", good.Load(), web.hits.Load())
	}
}

func TestAnAnswerIsHeldForADayAndAFailureForTenMinutes(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	var up atomic.Bool
	address := web.handle("/issuing.cer", func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(issuing.certificate.Raw)
	})
	when := &clock{}
	source, leaf := newSource(when), issuing.leaf(t, address)
	step := func(after time.Duration, wantIssuers int, wantHits int64) {
		t.Helper()
		when.forward(after)
		got := len(ask(source, leaf))
		web.until(wantHits) // what fits is given at once, and the question goes on
		if got != wantIssuers || web.hits.Load() != wantHits {
			t.Errorf("%d certificates, asked %d times; want %d and %d", got, web.hits.Load(), wantIssuers, wantHits)
		}
	}
	step(0, 0, 1)
	up.Store(true)
	step(9*time.Minute, 0, 1)
	step(time.Minute, 1, 2)
	step(23*time.Hour, 1, 2)
	up.Store(false)
	step(time.Hour, 1, 3) // the old one goes on being used while nothing better is to be had
	step(time.Minute, 1, 3)
}

// Somebody on the way, or a stranger who names another's address, must not decide for a day what the next one gets.
func TestAnAnswerThatDoesNotFitIsAskedForAnewAfterARest(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing, namesake := newAuthority(t, "Issuing", newAuthority(t, "Root", nil)), newAuthority(t, "Issuing", nil)
	var answer atomic.Pointer[x509.Certificate]
	answer.Store(namesake.certificate)
	address := web.handle("/issuing.cer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer.Load().Raw) })
	when := &clock{}
	source, leaf := newSource(when), issuing.leaf(t, address)
	if got := ask(source, leaf); len(got) != 0 {
		t.Error("the namesake was given")
	}
	if got := ask(source, namesake.leaf(t, address)); len(got) != 1 || web.hits.Load() != 1 {
		t.Errorf("%d certificates for the one that it fits, asked %d times", len(got), web.hits.Load())
	}
	answer.Store(issuing.certificate)
	if got := ask(source, leaf); len(got) != 0 || web.hits.Load() != 1 {
		t.Errorf("%d certificates within the rest, asked %d times", len(got), web.hits.Load())
	}
	when.forward(10 * time.Minute)
	if got := ask(source, leaf); len(got) != 1 || web.hits.Load() != 2 {
		t.Errorf("%d certificates after it, asked %d times", len(got), web.hits.Load())
	}
}

func TestOnlyAFewQuestionsAreUnderWayAndOnlySoMuchIsHeld(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	release := make(chan struct{})
	var under, most, first atomic.Int64
	web.mux.HandleFunc("/slow/", func(w http.ResponseWriter, r *http.Request) {
		now := under.Add(1)
		defer under.Add(-1)
		for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
		}
		<-release
		_, _ = w.Write(issuing.certificate.Raw)
	})
	address := web.handle("/first", func(w http.ResponseWriter, _ *http.Request) {
		first.Add(1)
		_, _ = w.Write(issuing.certificate.Raw)
	})
	when := &clock{}
	source := newSource(when)
	if got := ask(source, issuing.leaf(t, address)); len(got) != 1 {
		t.Fatal("the first one is not there")
	}
	// 300 addresses of strangers, three to a certificate, all of them slow: the first is forgotten, and those that find no
	// room are not asked.
	when.forward(time.Second)
	early, cancel := context.WithCancel(context.Background())
	cancel()
	for n := range 100 {
		slow := func(k int) string { return web.URL + "/slow/" + strconv.Itoa(3*n+k) }
		source.Issuers(early, issuing.leaf(t, slow(0), slow(1), slow(2)))
	}
	time.Sleep(100 * time.Millisecond)
	if most.Load() > 16 {
		t.Errorf("%d questions were under way", most.Load())
	}
	if got := ask(source, issuing.leaf(t, web.URL+"/no-room")); len(got) != 0 {
		t.Error("there was room for one more")
	}
	if asked := web.hits.Load(); asked > 17 {
		t.Errorf("%d were asked", asked)
	}
	close(release)
	web.until(257)
	time.Sleep(20 * time.Millisecond)
	if asked := web.hits.Load(); asked != 257 {
		t.Errorf("%d were asked, want the first and 256 others", asked)
	}
	if got := ask(source, issuing.leaf(t, address)); len(got) != 1 || first.Load() != 2 {
		t.Errorf("%d certificates, the first was asked %d times: it was not forgotten", len(got), first.Load())
	}
}

// A key of a hundred thousand bits is a certificate like any other, and takes a second to check one signature with.
func TestAnIssuerWhoseKeyCostsTooMuchIsPassedOver(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	const bits = 400_000
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	monster := withKeyOf(t, issuing, bits)
	leaf := withSignatureOf(t, issuing.leaf(t, web.at("/monster", monster.Raw)), bits)
	if !bytes.Equal(leaf.RawIssuer, monster.RawSubject) || len(monster.Raw) > 64<<10 {
		t.Fatal("it is not the one that is asked for")
	}
	began := time.Now()
	if got := ask(newSource(&clock{}), leaf); len(got) != 0 || time.Since(began) > time.Second {
		t.Errorf("%d certificates after %v", len(got), time.Since(began))
	}
}

// A machine that wakes up in the wrong year must not keep its mistakes for so long.
func TestAClockThatIsSetBackLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	web, time0 := newServer(t), &clock{}
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	var answer atomic.Pointer[[]byte]
	answer.Store(&[]byte{})
	address := web.handle("/issuing", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*answer.Load()) })
	source, leaf := newSource(time0), issuing.leaf(t, address)
	time0.forward(400 * 24 * time.Hour)
	if got := ask(source, leaf); len(got) != 0 {
		t.Fatal("an answer out of nothing")
	}
	time0.forward(-400 * 24 * time.Hour)
	answer.Store(&issuing.certificate.Raw)
	if got := ask(source, leaf); len(got) != 1 {
		t.Fatal("nobody was asked after the clock was set back")
	}
	time0.forward(-time.Minute)
	ask(source, leaf)
	if web.until(3); web.hits.Load() != 3 {
		t.Errorf("asked %d times, though nobody knows how old what is held is", web.hits.Load())
	}
}
