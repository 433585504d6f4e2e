package shelf_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

const bo = "bo@partner.example"

// authorities are shared: making keys is what takes the time.
type authorities struct{ danish, foreign, stranger *ca.Authority }

var made = sync.OnceValue(func() authorities {
	const nowhere = "http://crl.example" // a list is named; what it says, good stands for
	return authorities{
		danish:   must(ca.NewDanish(ca.Options{Fast: true, BaseURL: nowhere})),
		foreign:  must(ca.NewForeign(ca.Options{BaseURL: nowhere})),
		stranger: must(ca.NewForeign(ca.Options{Name: "Stranger", BaseURL: nowhere})),
	}
})

// rig is a shelf over a real database, and a judge that trusts the Danish and the foreign authority.
type rig struct {
	authorities
	*shelf.Shelf
	store *store.Store
	judge *trust.Judge
	now   time.Time
	bad   map[string]bool // fingerprints of certificates that have been revoked
	dead  bool            // nobody answers about revocation
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{authorities: made(), now: time.Now(), bad: map[string]bool{}}
	now := func() time.Time { return r.now }
	var err error
	if r.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	profiles := []trust.Profile{
		{Name: "dk", Roots: []*x509.Certificate{r.danish.Root()}, Intermediates: r.danish.Intermediates()},
		{Name: "int", Roots: []*x509.Certificate{r.foreign.Root()}, Intermediates: r.foreign.Intermediates()},
	}
	r.judge = trust.NewJudge(trust.Deps{Profiles: profiles, Revocation: r, Now: now})
	r.Shelf = shelf.New(shelf.Deps{Store: r.store, Judge: r.judge, Profiles: profiles, Now: now, Log: slog.New(slog.DiscardHandler)})
	return r
}

// Check is the revocation source.
func (r *rig) Check(ctx context.Context, certificate, _ *x509.Certificate) trust.Revocation {
	if r.dead {
		<-ctx.Done()
		return trust.Revocation{Cause: ctx.Err()}
	}
	if r.bad[trust.Fingerprint(certificate)] {
		return trust.Revocation{Status: trust.StatusRevoked}
	}
	return trust.Revocation{Status: trust.StatusGood}
}

var operator = audit.Actor{Kind: "operator", ID: "test"}

// issued is one's certificate, for address where there is one, by whom.
func issued(t *testing.T, by *ca.Authority, address string, more ...func(*ca.Request)) *ca.Identity {
	t.Helper()
	request := ca.Request{CommonName: "Bo", Organisation: "Partner", Address: address, Key: ca.P256}
	for _, change := range more {
		change(&request)
	}
	return must(by.Issue(request))
}

func (r *rig) pin(t *testing.T, whom string, c *x509.Certificate) shelf.Entry {
	t.Helper()
	entry, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: whom, File: c.Raw})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// used are the fingerprints that a source gives for address.
func used(t *testing.T, find func(context.Context, []string) (map[string][]candidate, error), address string) []string {
	t.Helper()
	found, err := find(t.Context(), []string{address})
	if err != nil {
		t.Fatal(err)
	}
	var prints []string
	for _, c := range found[address] {
		prints = append(prints, trust.Fingerprint(c.Certificate))
	}
	return prints
}

func inPEM(certificates ...*x509.Certificate) []byte {
	var text []byte
	for _, c := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

func codeOf(err error) string {
	f, is := errors.AsType[*fault.Fault](err)
	if !is {
		return ""
	}
	return f.Code
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
