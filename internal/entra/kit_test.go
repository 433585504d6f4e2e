package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// readyKeys are made once for the process: every tenant of a test gets the same ones, in the same order.
var readyKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 3)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func newKeys() func() (*rsa.PrivateKey, error) {
	next := 0
	return func() (*rsa.PrivateKey, error) {
		next++
		return readyKeys()[next-1], nil
	}
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// kit is a tenant, its clock, and a verifier with a clock of its own.
type kit struct {
	*entraid.Entra
	config   entraid.Config
	tenant   *clock // what Entra thinks the time is
	ours     *clock // what we think
	verifier *entra.Verifier
}

func newKit(t *testing.T, change ...func(*entra.Config)) *kit {
	t.Helper()
	k := &kit{config: entraid.University(), tenant: newClock(), ours: newClock()}
	k.config.Now, k.config.NewKey = k.tenant.Now, newKeys()
	server, stop, err := entraid.Start(k.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	k.Entra = server
	c := entra.Config{
		Tenant: k.config.Tenant, Audience: k.config.API, Clients: []string{k.config.AddIn},
		Scope: k.config.Scope, Role: k.config.Role, Authority: server.Authority(),
		HTTPClient: &http.Client{Transport: &http.Transport{}}, Now: k.ours.Now,
	}
	for _, f := range change {
		f(&c)
	}
	if k.verifier, err = entra.NewVerifier(c); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *kit) anna() entraid.Persona           { return k.config.Personas[0] }
func (k *kit) caseSystem() entraid.Application { return k.config.Applications[1] }

// pass moves both clocks.
func (k *kit) pass(d time.Duration) {
	k.tenant.Add(d)
	k.ours.Add(d)
}

// code is what Verify answers: "" for a caller who is let in.
func (k *kit) code(t *testing.T, token string) string {
	t.Helper()
	_, err := k.verifier.Verify(t.Context(), token)
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func (k *kit) want(t *testing.T, token, code string) {
	t.Helper()
	if got := k.code(t, token); got != code {
		t.Errorf("got %q, want %q", got, code)
	}
}
