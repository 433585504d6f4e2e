package crl_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/fetch"
)

func TestServersThatMisbehave(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	good := listOf(t, foreign(), nil)
	list := web.at("/list", func() []byte { return good })
	redirect := func(path, to string) string {
		web.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		return web.URL + path
	}
	status := func(path string, code int) string {
		web.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); _, _ = w.Write(good) })
		return web.URL + path
	}
	web.mux.HandleFunc("/huge-said", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "21000000000")
		_, _ = w.Write(good)
	})
	var sent atomic.Int64
	web.mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		block := bytes.Repeat([]byte{0x30}, 1<<20)
		for range 200 {
			n, err := w.Write(block)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	web.mux.HandleFunc("/packed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(good)
	})
	hop3 := redirect("/hop3", list)
	hop2 := redirect("/hop2", hop3)
	hop1 := redirect("/hop1", hop2)

	cases := []struct {
		name, address string
		want          trust.Status
		cause         string
	}{
		{"a list", list, trust.StatusGood, ""},
		{"a redirect to the list", hop3, trust.StatusGood, ""},
		{"three redirects", hop1, trust.StatusGood, ""},
		{"four redirects", redirect("/hop0", hop1), trust.StatusUnknown, "redirects"},
		{"a redirect in a circle", redirect("/circle", web.URL+"/circle"), trust.StatusUnknown, "redirects"},
		{"a redirect to a private address", redirect("/private", "http://10.0.0.1/list"), trust.StatusUnknown, "not a public one"},
		{"a redirect to the cloud's metadata", redirect("/metadata", "http://169.254.169.254/latest/meta-data/"), trust.StatusUnknown, "not a public one"},
		{"a redirect to a file", redirect("/file", "file:///etc/passwd"), trust.StatusUnknown, "only http"},
		{"a redirect with a password", redirect("/password", "http://user:secret@127.0.0.1/"), trust.StatusUnknown, "only http"},
		{"a private address in the certificate", "http://192.168.1.1/list", trust.StatusUnknown, "not a public one"},
		{"a mapped private address", "http://[::ffff:10.0.0.1]/list", trust.StatusUnknown, "not a public one"},
		{"not found, with a list as its text", status("/missing", http.StatusNotFound), trust.StatusUnknown, "404"},
		{"no content", status("/gone", http.StatusNoContent), trust.StatusUnknown, "204"},
		{"a server that fails", status("/broken", http.StatusInternalServerError), trust.StatusUnknown, "500"},
		{"a list that says it is huge", web.URL + "/huge-said", trust.StatusUnknown, "larger"},
		{"a list that is huge", web.URL + "/huge", trust.StatusUnknown, "larger"},
		{"a list that says it is packed is taken as it comes", web.URL + "/packed", trust.StatusGood, ""},
		{"a directory address only", "ldap://ldap.example/cn=CA?certificateRevocationList", trust.StatusUnknown, "over HTTP"},
		{"garbage for an address", "http://%zz/", trust.StatusUnknown, "only http"},
	}
	for _, c := range cases {
		got := check(loopback(&clock{}), named(t, foreign(), c.address), foreign())
		if got.Status != c.want {
			t.Errorf("%s: %q, want %q (%v)", c.name, got.Status, c.want, got.Cause)
		}
		if c.want == trust.StatusUnknown && (got.Cause == nil || !strings.Contains(got.Cause.Error(), c.cause)) {
			t.Errorf("%s: the cause is %v, want something about %q", c.name, got.Cause, c.cause)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if sent.Load() > 60<<20 { // 20 MB, and what the sockets hold
		t.Errorf("%d MB of the huge list were taken", sent.Load()>>20)
	}
}

func TestWithoutLeaveLoopbackIsNotReached(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	good := listOf(t, foreign(), nil)
	web.at("/list", func() []byte { return good })
	port := web.URL[strings.LastIndexByte(web.URL, ':'):]
	source := crl.New(crl.Deps{Now: (&clock{}).now, Client: fetch.New(fetch.Options{})})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1.2.3", "0.0.0.0", "[::]"} {
		got := check(source, named(t, foreign(), "http://"+host+port+"/list"), foreign())
		if got.Status != trust.StatusUnknown {
			t.Errorf("%s was reached", host)
		}
	}
	if web.hits.Load() != 0 {
		t.Errorf("the server was asked %d times", web.hits.Load())
	}
}

func TestNoAddressIsNotTheSameAsNoAnswer(t *testing.T) {
	t.Parallel()
	if got := check(loopback(&clock{}), named(t, foreign()), foreign()); got.Status != trust.StatusUnpublished {
		t.Errorf("got %q, want unpublished", got.Status)
	}
}

func TestTheSecondAddressAnswersForTheFirst(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	subject := named(t, foreign(), "ldap://directory.example/", web.URL+"/away", web.at("/list", func() []byte { return nil }), web.URL+"/mirror")
	mirror := listOf(t, foreign(), nil, subject)
	web.at("/mirror", func() []byte { return mirror })
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusRevoked {
		t.Errorf("got %q, want revoked (%v)", got.Status, got.Cause)
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("%s/away/%d", web.URL, i))
	}
	before := web.hits.Load()
	check(loopback(&clock{}), named(t, foreign(), many...), foreign())
	if asked := web.hits.Load() - before; asked != 3 {
		t.Errorf("%d of 40 addresses were tried, want 3", asked)
	}
}

func TestASlowServerDelaysNobodyBeyondTheirPatience(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	release := make(chan struct{})
	good := listOf(t, foreign(), nil)
	web.at("/slow", func() []byte { <-release; return good })
	subject := named(t, foreign(), web.URL+"/slow")
	source := loopback(&clock{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	got := source.Check(ctx, subject, foreign().Issuing().Certificate)
	if got.Status != trust.StatusUnknown || time.Since(began) > 2*time.Second {
		t.Errorf("%q after %v", got.Status, time.Since(began))
	}
	// Other lists are not held up by the slow one.
	if got := check(source, named(t, foreign(), web.at("/quick", func() []byte { return good })), foreign()); got.Status != trust.StatusGood {
		t.Errorf("another list: %q (%v)", got.Status, got.Cause)
	}
	// The fetch went on without the impatient one, and serves the next.
	close(release)
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
		t.Errorf("afterwards: %q (%v)", got.Status, got.Cause)
	}
	if web.hits.Load() != 2 {
		t.Errorf("the servers were asked %d times, want 2", web.hits.Load())
	}
}

func TestManyAskTogetherAndOneFetchAnswersAll(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	good := listOf(t, foreign(), nil)
	subject := named(t, foreign(), web.at("/list", func() []byte { time.Sleep(20 * time.Millisecond); return good }))
	source := loopback(&clock{})
	var wait sync.WaitGroup
	var wrong atomic.Int64
	for range 50 {
		wait.Go(func() {
			if check(source, subject, foreign()).Status != trust.StatusGood {
				wrong.Add(1)
			}
		})
	}
	wait.Wait()
	if wrong.Load() != 0 || web.hits.Load() != 1 {
		t.Errorf("%d wrong answers, %d fetches, want 0 and 1", wrong.Load(), web.hits.Load())
	}
}

func TestAListIsHeldRefreshedAndDropped(t *testing.T) {
	t.Parallel()
	web, time0 := newServer(t), &clock{}
	var serve atomic.Pointer[[]byte]
	put := func(der []byte) { serve.Store(&der) }
	subject := named(t, foreign(), web.at("/list", func() []byte { return *serve.Load() }))
	numbered := func(n int64, revoked ...*x509.Certificate) []byte {
		return listOf(t, foreign(), func(l *x509.RevocationList) { l.Number = big.NewInt(n) }, revoked...)
	}
	source := loopback(time0)
	want := func(status trust.Status, hits int64, when string) {
		t.Helper()
		if got := check(source, subject, foreign()); got.Status != status {
			t.Fatalf("%s: %q, want %q (%v)", when, got.Status, status, got.Cause)
		}
		if web.hits.Load() != hits {
			t.Fatalf("%s: %d fetches, want %d", when, web.hits.Load(), hits)
		}
	}
	// settles waits for a refresh that runs behind the answers.
	settles := func(status trust.Status, when string) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if check(source, subject, foreign()).Status == status {
				return
			}
		}
		t.Fatalf("%s: it never became %q", when, status)
	}

	put([]byte("garbage"))
	want(trust.StatusUnknown, 1, "the server serves garbage")
	put(numbered(7))
	want(trust.StatusUnknown, 1, "a failure rests")
	time0.forward(61 * time.Second)
	want(trust.StatusGood, 2, "a minute later it is tried again")
	put(numbered(8, subject))
	time0.forward(58 * time.Minute)
	want(trust.StatusGood, 2, "within the hour the held list is used")
	time0.forward(3 * time.Minute)
	settles(trust.StatusRevoked, "after an hour the new list is found, long before the old one ends")
	put(numbered(7))
	time0.forward(2 * time.Hour)
	before := web.hits.Load()
	for end := time.Now().Add(5 * time.Second); web.hits.Load() == before && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		check(source, subject, foreign()) // the first of these starts the fetch of an older list, played again
	}
	time.Sleep(20 * time.Millisecond)
	want(trust.StatusRevoked, before+1, "an older list is not believed")
	time0.forward(24 * time.Hour)
	want(trust.StatusRevoked, before+2, "the held list has ended, and so has the one that is served: revoked stays revoked")
}

func TestOneAuthoritysListIsNotAnothers(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	good := listOf(t, foreign(), nil)
	address := web.at("/list", func() []byte { return good })
	source := loopback(&clock{})
	if got := check(source, named(t, foreign(), address), foreign()); got.Status != trust.StatusGood {
		t.Fatalf("got %q (%v)", got.Status, got.Cause)
	}
	if got := check(source, named(t, stranger(), address), stranger()); got.Status != trust.StatusUnknown {
		t.Errorf("a held list of one authority answers for another: %q", got.Status)
	}
}

func TestThereIsAnEndToWhatIsHeld(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	good := listOf(t, foreign(), nil)
	web.mux.HandleFunc("/shard/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) })
	time0 := &clock{}
	source := loopback(time0)
	first := named(t, foreign(), web.URL+"/shard/first")
	for i := range 257 {
		subject := first
		if i > 0 {
			subject = named(t, foreign(), fmt.Sprintf("%s/shard/%d", web.URL, i))
		}
		if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
			t.Fatalf("list %d: %q (%v)", i, got.Status, got.Cause)
		}
		time0.forward(time.Millisecond)
	}
	before := web.hits.Load()
	check(source, first, foreign())
	if web.hits.Load() != before+1 {
		t.Error("the list that nobody asked for longest was still held")
	}
}

// A machine that wakes up in the wrong year must not keep its mistakes for so long.
func TestAClockThatIsSetBackLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	web, time0 := newServer(t), &clock{}
	good := listOf(t, foreign(), nil)
	subject, source := named(t, foreign(), web.at("/list", func() []byte { return good })), loopback(time0)
	time0.forward(400 * 24 * time.Hour)
	if got := check(source, subject, foreign()); got.Status != trust.StatusUnknown {
		t.Fatalf("in the wrong year: %q", got.Status)
	}
	time0.forward(-400 * 24 * time.Hour)
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
		t.Fatalf("after the clock was set back: %q (%v)", got.Status, got.Cause)
	}
	time0.forward(-time.Minute)
	if source.Refresh(t.Context(), pairs(subject)); web.hits.Load() != 3 {
		t.Errorf("fetched %d times, though nobody knows how old what is held is", web.hits.Load())
	}
}
