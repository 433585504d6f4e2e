package aia_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/trust/aia"
	"aau.dk/sendsikker/internal/trust/fetch"
)

func TestEveryWayThatAuthoritiesPublishTheirCertificatesIsRead(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil)
	other := newAuthority(t, "Other root", nil)
	issuing := newAuthority(t, "Issuing", root)
	crossed := certified(t, "Issuing", issuing, other) // the same name and key, certified by another root as well
	text := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	both := []*x509.Certificate{issuing.certificate, crossed}
	cases := map[string]struct {
		answer []byte
		want   []*x509.Certificate
	}{
		"DER":                              {issuing.certificate.Raw, both[:1]},
		"PEM":                              {text(issuing.certificate), both[:1]},
		"PEM with the whole chain":         {slices.Concat(text(issuing.certificate), text(root.certificate)), both[:1]},
		"PKCS #7":                          {must(bundle.P7B(both)), both},
		"PKCS #7 with somebody else among": {must(bundle.P7B([]*x509.Certificate{other.certificate, crossed})), both[1:]},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	count := 0
	for name, c := range cases {
		count++
		address := web.at("/"+strconv.Itoa(count), c.answer)
		moved := web.handle("/moved/"+strconv.Itoa(count), func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) })
		for _, at := range []string{address, moved} {
			got := ask(newSource(&clock{}), issuing.leaf(t, at))
			if !slices.EqualFunc(got, c.want, (*x509.Certificate).Equal) {
				t.Errorf("%s: %d certificates, want %d", name, len(got), len(c.want))
			}
		}
	}
}

func TestAnswersThatAreOfNoUseGiveNothing(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil)
	issuing := newAuthority(t, "Issuing", root)
	namesake := newAuthority(t, "Issuing", nil)
	good := web.at("/good", issuing.certificate.Raw)
	redirect := func(path, to string) string {
		return web.handle(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	}
	huge := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuing.certificate.Raw}), bytes.Repeat([]byte("\n"), 64<<10)...)
	var sent atomic.Int64
	endless := web.handle("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for range 50 << 10 {
			n, err := w.Write(bytes.Repeat([]byte{0x30}, 1<<10))
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	cases := map[string]string{
		"not found, with the issuer as its text": web.handle("/missing", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(issuing.certificate.Raw)
		}),
		"a page for people":                  web.at("/page", []byte("<html><body>Vi er flyttet</body></html>")),
		"nothing":                            web.at("/empty", nil),
		"the issuer, cut short":              web.at("/short", issuing.certificate.Raw[:200]),
		"the certificate of a person":        web.at("/leaf", issuing.leaf(t).Raw),
		"another authority":                  web.at("/root", root.certificate.Raw),
		"a namesake with another key":        web.at("/namesake", namesake.certificate.Raw),
		"too much":                           web.at("/huge", huge),
		"an answer without end":              endless,
		"a redirect in a circle":             redirect("/circle", web.URL+"/circle"),
		"a redirect to a private address":    redirect("/private", "http://10.0.0.1/issuing.cer"),
		"a redirect to the cloud's metadata": redirect("/metadata", "http://169.254.169.254/latest/meta-data/"),
		"a redirect to a file":               redirect("/file", "file:///etc/passwd"),
		"a private address":                  "http://192.168.1.1/issuing.cer",
		"a directory":                        "ldap://ldap.example/cn=CA?cACertificate",
		"a file":                             "file:///etc/ssl/cert.pem",
		"garbage":                            "http://%zz/",
		"an address with a password":         strings.Replace(good, "http://", "http://user:secret@", 1),
		"an address that carries something":  good + "?" + strings.Repeat("x", 1024),
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for name, address := range cases {
		if got := ask(newSource(&clock{}), issuing.leaf(t, address)); len(got) != 0 {
			t.Errorf("%s: %d certificates", name, len(got))
		}
	}
	if sent.Load() > 20<<20 { // 64 KB, and what the sockets hold
		t.Errorf("%d MB of the endless answer were taken", sent.Load()>>20)
	}
	if got := ask(newSource(&clock{}), issuing.leaf(t, good)); len(got) != 1 {
		t.Error("nor is the good one read: the others prove nothing")
	}
}

func TestWithoutLeaveLoopbackIsNotReached(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	address := web.at("/issuing.cer", issuing.certificate.Raw)
	source := aia.New(aia.Deps{Now: (&clock{}).now, Client: fetch.New(fetch.Options{})})
	if got := ask(source, issuing.leaf(t, address)); len(got) != 0 || web.hits.Load() != 0 {
		t.Errorf("%d certificates, asked %d times", len(got), web.hits.Load())
	}
}

func TestARootIsNotAskedAbout(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil, web.URL+"/root.cer")
	web.at("/root.cer", root.certificate.Raw)
	if got := ask(newSource(&clock{}), root.certificate); len(got) != 0 || web.hits.Load() != 0 {
		t.Errorf("%d certificates, asked %d times", len(got), web.hits.Load())
	}
}

func TestOnlyTheFirstThreeAddressesAreAskedEachOnce(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	issuing := newAuthority(t, "Issuing", newAuthority(t, "Root", nil))
	good := web.at("/good", issuing.certificate.Raw)
	bad := func(n int) string { return web.URL + "/bad/" + strconv.Itoa(n) }
	got := ask(newSource(&clock{}), issuing.leaf(t, "ldap://x/", bad(1), bad(1), bad(2), good))
	web.until(3) // the first answer that fits is enough for the caller, and the others come when they come
	if len(got) != 1 || web.hits.Load() != 3 {
		t.Errorf("%d certificates from the third, asked %d times", len(got), web.hits.Load())
	}
	web.hits.Store(0)
	if got := ask(newSource(&clock{}), issuing.leaf(t, bad(1), bad(2), bad(3), good)); len(got) != 0 || web.hits.Load() != 3 {
		t.Errorf("%d certificates from the fourth, asked %d times", len(got), web.hits.Load())
	}
}

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
