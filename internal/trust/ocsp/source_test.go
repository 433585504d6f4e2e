package ocsp_test

import (
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
	"aau.dk/sendsikker/internal/trust/ocsp"
)

func TestRespondersThatMisbehave(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	// All subjects have one serial number, so that one answer fits them all.
	subject := func(address string) *x509.Certificate {
		named := *foreignBo().Certificate
		named.OCSPServer = []string{address}
		return &named
	}
	right := about(foreignBo().Certificate, foreign(), nil)
	answer := func(path string, der []byte) string { return web.at(path, func([]byte) []byte { return der }) }
	redirect := func(path, to string) string {
		web.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) })
		return web.URL + path
	}
	status := func(path string, code int) string {
		web.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); _, _ = w.Write(right) })
		return web.URL + path
	}
	ocspAt := answer("/ocsp", right)
	cases := []struct {
		name, address string
		want          trust.Status
		cause         string
	}{
		{"an answer", ocspAt, trust.StatusGood, ""},
		{"a redirect to the answer", redirect("/moved", ocspAt), trust.StatusGood, ""},
		{"a redirect in a circle", redirect("/circle", web.URL+"/circle"), trust.StatusUnknown, "redirects"},
		{"a redirect to a private address", redirect("/private", "http://10.0.0.1/ocsp"), trust.StatusUnknown, "not a public one"},
		{"a redirect to the cloud's metadata", redirect("/metadata", "http://169.254.169.254/latest/meta-data/"), trust.StatusUnknown, "not a public one"},
		{"a redirect to a file", redirect("/file", "file:///etc/passwd"), trust.StatusUnknown, "only http"},
		{"a private address in the certificate", "http://192.168.1.1/ocsp", trust.StatusUnknown, "not a public one"},
		{"a mapped private address", "http://[::ffff:10.0.0.1]/ocsp", trust.StatusUnknown, "not a public one"},
		{"a directory address only", "ldap://ldap.example/cn=CA", trust.StatusUnknown, "over HTTP"},
		{"a scheme that begins alike", "httpx://127.0.0.1/", trust.StatusUnknown, "over HTTP"},
		{"garbage for an address", "http://%zz/", trust.StatusUnknown, "only http"},
		{"not found, with an answer as its text", status("/missing", http.StatusNotFound), trust.StatusUnknown, "404"},
		{"a server that fails", status("/broken", http.StatusInternalServerError), trust.StatusUnknown, "500"},
		{"an empty answer", answer("/empty", nil), trust.StatusUnknown, "well formed"},
		{"a web page", answer("/page", []byte("<!DOCTYPE html>")), trust.StatusUnknown, "well formed"},
		{"64 KB and a byte", answer("/huge", append(right, make([]byte, 64<<10)...)), trust.StatusUnknown, "larger"},
		{"an answer that says it does not know", answer("/unsure", about(foreignBo().Certificate, foreign(), func(w *written) {
			w.singles[0].status = unknown
		})), trust.StatusUnknown, "does not know"},
	}
	for _, c := range cases {
		got := check(loopback(&clock{}), subject(c.address), foreign())
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
}

func TestNoAddressIsNotTheSameAsNoAnswer(t *testing.T) {
	t.Parallel()
	if got := check(loopback(&clock{}), naming(t, foreign()), foreign()); got.Status != trust.StatusUnpublished {
		t.Errorf("got %q, want unpublished", got.Status)
	}
}

func TestTheSecondAddressAnswersForTheFirst(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var der, unsure []byte
	subject := naming(t, foreign(), "ldap://directory.example/", web.URL+"/away", web.at("/unsure", func([]byte) []byte { return unsure }), web.at("/mirror", func([]byte) []byte { return der }))
	unsure = about(subject, foreign(), func(w *written) { w.singles[0].status = unknown })
	der = about(subject, foreign(), func(w *written) { w.singles[0].status = revoked(start, 1) })
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusRevoked {
		t.Errorf("got %q, want revoked (%v)", got.Status, got.Cause)
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("%s/away/%d", web.URL, i))
	}
	before := web.hits.Load()
	check(loopback(&clock{}), naming(t, foreign(), many...), foreign())
	if asked := web.hits.Load() - before; asked != 3 {
		t.Errorf("%d of 40 addresses were asked, want 3", asked)
	}
}

func TestASlowResponderDelaysNobodyBeyondTheirPatience(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	release := make(chan struct{})
	var der, other []byte
	subject := naming(t, foreign(), web.at("/slow", func([]byte) []byte { <-release; return der }))
	quick := naming(t, foreign(), web.at("/quick", func([]byte) []byte { return other }))
	der, other = about(subject, foreign(), nil), about(quick, foreign(), nil)
	source := loopback(&clock{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	got := source.Check(ctx, subject, foreign().Issuing().Certificate)
	if got.Status != trust.StatusUnknown || time.Since(began) > 2*time.Second {
		t.Errorf("%q after %v", got.Status, time.Since(began))
	}
	if got := check(source, quick, foreign()); got.Status != trust.StatusGood {
		t.Errorf("another responder: %q (%v)", got.Status, got.Cause)
	}
	// The question went on without the impatient one, and its answer serves the next.
	close(release)
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
		t.Errorf("afterwards: %q (%v)", got.Status, got.Cause)
	}
	if web.hits.Load() != 2 {
		t.Errorf("the responders were asked %d times, want 2", web.hits.Load())
	}
}

func TestManyAskTogetherAndOneQuestionAnswersAll(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var der []byte
	subject := naming(t, foreign(), web.at("/ocsp", func([]byte) []byte { time.Sleep(20 * time.Millisecond); return der }))
	der = about(subject, foreign(), nil)
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
		t.Errorf("%d wrong answers, %d questions, want 0 and 1", wrong.Load(), web.hits.Load())
	}
}

func TestNoMoreThanEightQuestionsAreOnTheirWay(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var now, most atomic.Int64
	address := web.at("/ocsp", func([]byte) []byte {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(10 * time.Millisecond)
		now.Add(-1)
		return nil
	})
	source := loopback(&clock{})
	var wait sync.WaitGroup
	for range 24 {
		subject := naming(t, foreign(), address)
		wait.Go(func() { check(source, subject, foreign()) })
	}
	wait.Wait()
	if most.Load() > 8 || web.hits.Load() != 24 {
		t.Errorf("%d at a time, %d in all, want 8 at most and 24", most.Load(), web.hits.Load())
	}
}

func TestOneAuthoritysAnswerIsNotAnothers(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var der []byte
	subject := naming(t, foreign(), web.at("/ocsp", func([]byte) []byte { return der }))
	der = about(subject, foreign(), nil)
	source := loopback(&clock{})
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood {
		t.Fatalf("got %q (%v)", got.Status, got.Cause)
	}
	if got := check(source, subject, stranger()); got.Status != trust.StatusUnknown {
		t.Errorf("a held answer of one authority answers for another: %q", got.Status)
	}
}

func TestThereIsAnEndToWhatIsHeld(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var asked atomic.Pointer[x509.Certificate]
	address := web.at("/ocsp", func([]byte) []byte { return about(asked.Load(), foreign(), nil) })
	first := web.at("/revoked", func([]byte) []byte {
		return about(asked.Load(), foreign(), func(w *written) { w.singles[0].status = revoked(start, 1) })
	})
	time0 := &clock{}
	source := loopback(time0)
	// Certificates that differ in nothing but the number by which they are told apart.
	numbered := func(i int) *x509.Certificate {
		one := *foreignBo().Certificate
		one.SerialNumber, one.OCSPServer = big.NewInt(int64(i+1)), []string{address}
		if i == 0 {
			one.OCSPServer = []string{first}
		}
		asked.Store(&one)
		return &one
	}
	for i := range 4097 {
		if got := check(source, numbered(i), foreign()); (got.Status == trust.StatusRevoked) != (i == 0) {
			t.Fatalf("certificate %d: %q (%v)", i, got.Status, got.Cause)
		}
		time0.forward(time.Millisecond)
	}
	before := web.hits.Load()
	check(source, numbered(4096), foreign())
	check(source, numbered(2), foreign())
	if web.hits.Load() != before {
		t.Error("an answer was dropped too early")
	}
	check(source, numbered(0), foreign())
	if web.hits.Load() != before {
		t.Error("a revocation was dropped before what is good")
	}
	check(source, numbered(1), foreign())
	if web.hits.Load() != before+1 {
		t.Error("the answer that nobody asked for longest was still held")
	}
}

// revocations is a source for the certificates of responders, that notes what it is asked.
type revocations struct {
	status trust.Status
	asked  []*x509.Certificate
	also   func(ctx context.Context, certificate, issuer *x509.Certificate) trust.Revocation
}

func (r *revocations) Check(ctx context.Context, certificate, issuer *x509.Certificate) trust.Revocation {
	r.asked = append(r.asked, certificate)
	if r.also != nil {
		return r.also(ctx, certificate, issuer)
	}
	return trust.Revocation{Status: r.status}
}

func TestADelegateThatCouldHaveBeenRevokedIsAskedAbout(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var der []byte
	address := web.at("/ocsp", func([]byte) []byte { return der })
	subject := naming(t, foreign(), address)
	responder := delegate(t, foreign(), caRequest(), func(c *x509.Certificate) { c.ExtraExtensions, c.OCSPServer = nil, []string{address} })
	der = about(subject, foreign(), delegated(responder))
	cases := []struct {
		name string
		say  *revocations
		want trust.Status
	}{
		{"it stands", &revocations{status: trust.StatusGood}, trust.StatusGood},
		{"it is revoked", &revocations{status: trust.StatusRevoked}, trust.StatusUnknown},
		{"nobody knows", &revocations{status: trust.StatusUnknown}, trust.StatusUnknown},
		{"it names no list", &revocations{status: trust.StatusUnpublished}, trust.StatusUnknown},
	}
	for _, c := range cases {
		got := check(ocsp.New(ocsp.Deps{Now: (&clock{}).now, Client: client(), Revocation: c.say}), subject, foreign())
		if got.Status != c.want || len(c.say.asked) != 1 || !c.say.asked[0].Equal(responder.Certificate) {
			t.Errorf("%s: %q (%v), want %q; %d questions", c.name, got.Status, got.Cause, c.want, len(c.say.asked))
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusUnknown {
		t.Errorf("nobody can be asked: %q", got.Status)
	}

	// A responder that vouches for itself, through a source that ends up where it began.
	circle := &revocations{}
	source := ocsp.New(ocsp.Deps{Now: (&clock{}).now, Client: client(), Revocation: circle})
	circle.also = source.Check
	before := web.hits.Load()
	if got := check(source, subject, foreign()); got.Status != trust.StatusUnknown || web.hits.Load() != before+1 {
		t.Errorf("it vouches for itself: %q after %d questions", got.Status, web.hits.Load()-before)
	}
}

func TestAnswersMadeInAdvanceCanBeRefused(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var der []byte
	subject := naming(t, foreign(), web.at("/ocsp", func([]byte) []byte { return der }))
	der = about(subject, foreign(), nil)
	source := ocsp.New(ocsp.Deps{Now: (&clock{}).now, Client: client(), RequireNonce: true})
	if got := check(source, subject, foreign()); got.Status != trust.StatusUnknown || !strings.Contains(got.Cause.Error(), "before we asked") {
		t.Errorf("%q (%v)", got.Status, got.Cause)
	}
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusGood {
		t.Errorf("without that wish: %q (%v)", got.Status, got.Cause)
	}
}

func TestAnAnswerToAnEarlierQuestionIsRefused(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var subject *x509.Certificate
	var first []byte
	subject = naming(t, foreign(), web.at("/ocsp", func(request []byte) []byte {
		if first == nil {
			first = about(subject, foreign(), func(w *written) { w.extensions = append(w.extensions, nonceOf(request[len(request)-32:])) })
		}
		return first
	}))
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusGood {
		t.Fatalf("%q (%v)", got.Status, got.Cause)
	}
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusUnknown || !strings.Contains(got.Cause.Error(), "nonce") {
		t.Errorf("played again: %q (%v)", got.Status, got.Cause)
	}
}
