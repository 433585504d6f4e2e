package shelf_test

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// crowded is a store at which somebody else does something at the worst moment.
type crowded struct {
	*store.Store
	beforeSettling   func(id string)
	afterAuthorities func()
}

func (c crowded) SettleCertificate(ctx context.Context, id string, e audit.Entry) error {
	if c.beforeSettling != nil {
		c.beforeSettling(id)
	}
	return c.Store.SettleCertificate(ctx, id, e)
}

func (c crowded) ApproveCertificate(ctx context.Context, id string, vouched bool, e audit.Entry) error {
	if err := c.Store.ApproveCertificate(ctx, id, vouched, e); err != nil {
		return err
	}
	return c.Store.ApproveCertificate(ctx, id, vouched, e) // somebody else was a moment faster
}

func (c crowded) Authorities(ctx context.Context) ([]store.Authority, error) {
	list, err := c.Store.Authorities(ctx)
	if c.afterAuthorities != nil {
		c.afterAuthorities()
	}
	return list, err
}

// waiting puts one certificate of the stranger's authority for each address among those that wait.
func (r *rig) waiting(t *testing.T, addresses ...string) {
	t.Helper()
	r.waitingBy(t, r.stranger, addresses...)
}

func (r *rig) waitingBy(t *testing.T, authority *ca.Authority, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		one := issued(t, authority, address)
		got := must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.From = address })))
		if got.Learnt != shelf.Pending {
			t.Fatal(got.Learnt)
		}
	}
}

func TestACertificateThatSomebodyElseDecidesAboutMeanwhileKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.waiting(t, bo, "ida@partner.example", "eva@partner.example")
	first := true
	r.Store = crowded{Store: r.store, beforeSettling: func(id string) {
		if first {
			first = false
			if err := r.store.DeleteCertificate(t.Context(), id, audit.Entry{At: r.now, Actor: operator, Action: audit.CertificateDeleted}); err != nil {
				t.Error(err)
			}
		}
	}}
	if err := r.TrustAuthority(t.Context(), operator, inPEM(r.stranger.Root())); err != nil {
		t.Error(err)
	}
	pending := true
	if left := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending})); len(left) != 0 || first {
		t.Errorf("%d still wait", len(left))
	}
}

func TestTwoWhoApproveAtOnceBothSeeItApproved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.waiting(t, bo)
	r.Store = crowded{Store: r.store}
	pending := true
	id := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))[0].ID
	if entry, err := r.Approve(t.Context(), operator, id, shelf.ThisCertificate); err != nil || entry.Pending != "" {
		t.Errorf("%q, %v", entry.Pending, err)
	}
}

// A folder that was tried out in the test environment may go on in production.
func TestAnAuthorityOfTheTestEnvironmentIsNotTakenAlongIntoProduction(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.TrustAuthority(t.Context(), operator, inPEM(r.stranger.Root())); err != nil {
		t.Fatal(err)
	}
	one := issued(t, r.stranger, bo)
	subject := trust.Subject{Certificate: one.Certificate, Address: bo, Issuers: one.Chain}
	if got := r.judge.Judge(t.Context(), subject); !got.Good {
		t.Fatal(got.Code)
	}
	r.Shelf = shelf.New(shelf.Deps{Store: r.store, Judge: r.judge, Profiles: r.Profiles, Now: r.Now, Log: r.Log, MayTrust: func(p trust.Profile) error {
		if slices.ContainsFunc(p.Roots, r.stranger.Root().Equal) {
			return errors.New("a test authority")
		}
		return nil
	}})
	r.judge.Use(r.Profiles...) // the new program's own
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.judge.Judge(t.Context(), subject); got.Code != trust.UnknownIssuer {
		t.Errorf("%s", got.Code)
	}
	if len(must(r.Authorities(t.Context()))) != 1 {
		t.Error("it is not there to be taken away")
	}
}

// watched counts the judgements: each may ask servers that a stranger named.
type watched struct {
	shelf.Judger
	judged int
}

func (w *watched) Judge(ctx context.Context, subject trust.Subject) trust.Verdict {
	w.judged++
	return w.Judger.Judge(ctx, subject)
}

func TestOnlyWhatTheAuthorityHasIssuedIsLookedAtWhenItIsTrusted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.waiting(t, bo)
	r.waitingBy(t, must(ca.NewForeign(ca.Options{Name: "Flood", BaseURL: "http://crl.example"})), "a@x.example", "b@x.example", "c@x.example")
	judge := &watched{Judger: r.judge}
	r.Judge = judge
	if err := r.TrustAuthority(t.Context(), operator, inPEM(r.stranger.Root())); err != nil {
		t.Fatal(err)
	}
	pending := true
	if left := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending})); len(left) != 3 || judge.judged != 1 {
		t.Errorf("%d wait on, %d were judged", len(left), judge.judged)
	}
}

func TestAFileThatIsTooLargeIsCalledSo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	large := make([]byte, bundle.MaxBytes+1)
	_, _, pinning := r.Pin(t.Context(), operator, shelf.Pinning{For: bo, File: large})
	for name, err := range map[string]error{"pinned": pinning, "trusted": r.TrustAuthority(t.Context(), operator, large)} {
		if say := fault.From(err).Say; !strings.Contains(say.DA, "større") || !strings.Contains(say.EN, "larger") {
			t.Errorf("%s: %q", name, say.DA)
		}
	}
}

func TestAnAdministratorDoesNotWaitForRevocationListsForEver(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var known []*ca.Identity // made outside, where the clock is the authority's
	for range 3 {
		known = append(known, issued(t, made().stranger, bo))
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { _ = r.store.Close() }()
		r.now = now
		for _, one := range known {
			if got := must(r.Harvest(t.Context(), signedBy(r, one))); got.Learnt != shelf.Pending {
				t.Fatal(got.Learnt)
			}
		}
		r.dead = true
		began := time.Now()
		if err := r.TrustAuthority(t.Context(), operator, inPEM(r.stranger.Root())); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Two read what is trusted, one of them before the trust is taken back: what was read first must not be put in force last.
func TestATrustThatIsTakenBackDoesNotComeBackWithASlowReader(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.TrustAuthority(t.Context(), operator, inPEM(r.stranger.Root())); err != nil {
		t.Fatal(err)
	}
	one := issued(t, r.stranger, bo)
	hasRead, goOn := make(chan struct{}), make(chan struct{})
	slow := true
	r.Store = crowded{Store: r.store, afterAuthorities: func() {
		if slow {
			slow = false
			close(hasRead)
			<-goOn
		}
	}}
	ended := make(chan error, 2)
	go func() { ended <- r.Reload(t.Context()) }()
	<-hasRead
	go func() {
		ended <- r.DistrustAuthority(t.Context(), operator, trust.Fingerprint(r.stranger.Root()))
	}()
	for len(must(r.store.Authorities(t.Context()))) > 0 { // until the trust has been taken back in the database
	}
	close(goOn)
	for range 2 {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	subject := trust.Subject{Certificate: one.Certificate, Address: bo, Issuers: []*x509.Certificate{r.stranger.Issuing().Certificate}}
	if got := r.judge.Judge(t.Context(), subject); got.Code != trust.UnknownIssuer {
		t.Errorf("%s", got.Code)
	}
}
