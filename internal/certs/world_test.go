package certs_test

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/fetch"
)

const (
	bo  = "bo@partner.example"
	ida = "ida@partner.example"
)

// world is a foreign authority and the judge that trusts it, over its real revocation list on loopback.
type world struct {
	authority *ca.Authority
	judge     *trust.Judge
	now       time.Time
	revoked   *x509.Certificate // bo's, and revoked before the list is first fetched
}

var made = sync.OnceValue(func() world {
	w := newWorld(ca.NewForeign)
	w.revoked = must(w.authority.Issue(ca.Request{CommonName: "X", Address: bo})).Certificate
	w.authority.Revoke(w.revoked)
	return w
})

func newWorld(authority func(ca.Options) (*ca.Authority, error)) world {
	var handler atomic.Value // the authority must know its server's address before it can be served there
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.Load().(http.Handler).ServeHTTP(w, r)
	}))
	w := world{now: time.Now()}
	now := func() time.Time { return w.now }
	w.authority = must(authority(ca.Options{BaseURL: server.URL, Now: now}))
	handler.Store(w.authority.Handler())
	w.judge = trust.NewJudge(trust.Deps{
		Now: now, Revocation: crl.New(crl.Deps{Now: now, Client: fetch.New(fetch.Options{AllowLoopback: true})}),
		Profiles: []trust.Profile{{
			Name: "own", Roots: []*x509.Certificate{w.authority.Root()}, Intermediates: w.authority.Intermediates(),
		}},
	})
	return w
}

// certificate is valid from some days ago until some days ahead.
func (w world) certificate(t testing.TB, address string, ago, ahead int) *x509.Certificate {
	t.Helper()
	identity, err := w.authority.Issue(ca.Request{
		CommonName: "X", Address: address, NotBefore: w.now.AddDate(0, 0, -ago), NotAfter: w.now.AddDate(0, 0, ahead),
	})
	if err != nil {
		t.Fatal(err)
	}
	return identity.Certificate
}

// source is a place to look, as a test wants it to behave.
type source struct {
	name  string
	has   map[string][]certs.Candidate
	err   error
	hang  bool // until its context ends
	deaf  bool // even after its context has ended
	calls *atomic.Int64
	asked *[]string
}

func (s source) Name() string { return s.name }

func (s source) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	if s.calls != nil {
		s.calls.Add(1)
	}
	if s.asked != nil {
		*s.asked = addresses
	}
	if s.deaf {
		select {}
	}
	if s.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.has, s.err
}

// with is a source that has certificates for one address.
func with(name, address string, bound bool, certificates ...*x509.Certificate) source {
	s := source{name: name, has: map[string][]certs.Candidate{}}
	for _, certificate := range certificates {
		s.has[address] = append(s.has[address], certs.Candidate{Certificate: certificate, Source: name, Bound: bound})
	}
	return s
}

var errAway = errors.New("ldap: nobody at ida@partner.example") // names an address on purpose: it must not be logged

func finder(w world, sources ...certs.Source) *certs.Finder {
	return certs.NewFinder(certs.Deps{Sources: sources, Judge: w.judge, Deadline: 2 * time.Second, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)})
}

func find(t *testing.T, f *certs.Finder, address string) certs.Choice {
	t.Helper()
	choices, err := f.Find(context.Background(), []string{address})
	if err != nil || len(choices) != 1 {
		t.Fatalf("%d choices, error %v", len(choices), err)
	}
	return choices[address]
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
