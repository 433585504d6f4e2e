package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// twice is an authority below a root that has been certified two times: the same name and key, so both lead from leaf to root.
type twice struct {
	root, first, second, leaf *x509.Certificate
	profiles                  []trust.Profile
}

func certifiedTwice(t *testing.T, w world, again func(*x509.Certificate)) twice {
	t.Helper()
	root := newBranch(t, nil, nil, nil)
	between := newBranch(t, root.certificate, root.key, nil)
	template := *between.certificate
	again(&template)
	second := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, root.certificate, between.key.Public(), root.key))))
	return twice{
		root: root.certificate, first: between.certificate, second: second, leaf: between.leaf(t, w.p256, nil),
		profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{root.certificate}}},
	}
}

// Whoever sends somebody's signed mail on chooses the authorities that come along: they are outside the signature.
func TestWhatCameAlongOnceIsNotInTheWayOfWhatComesLater(t *testing.T) {
	t.Parallel()
	w := made()
	cases := map[string]struct {
		again func(*x509.Certificate)
		told  trust.Status
		want  trust.Code
	}{
		"it has been revoked": {func(*x509.Certificate) {}, trust.StatusRevoked, trust.Revoked},
		"its list is gone":    {func(*x509.Certificate) {}, trust.StatusUnknown, trust.RevocationUnknown},
		"it names no list":    {func(*x509.Certificate) {}, trust.StatusUnpublished, trust.RevocationUnpublished},
		"it has expired":      {func(c *x509.Certificate) { c.NotAfter = clock.Add(-time.Hour) }, trust.StatusGood, trust.IssuerExpired},
		"it was not allowed to issue this": {func(c *x509.Certificate) {
			c.PermittedEmailAddresses = []string{"uni.example"}
		}, trust.StatusGood, trust.BadPath},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := certifiedTwice(t, w, c.again)
			deps := trust.Deps{Profiles: a.profiles, Revocation: answers{a.second: c.told}, Now: now}
			judge := trust.NewJudge(deps)
			with := func(judge *trust.Judge, issuers ...*x509.Certificate) trust.Code {
				return judge.Judge(context.Background(), trust.Subject{Certificate: a.leaf, Address: bo, Issuers: issuers}).Code
			}
			if got := with(judge, a.second); got != c.want {
				t.Fatalf("the bad one alone: %s, want %s", got, c.want)
			}
			if got := with(judge, a.first); got != trust.OK {
				t.Errorf("the other one, after it: %s", got)
			}
			if got := with(judge, a.second, a.first); got != trust.OK {
				t.Errorf("both: %s", got)
			}
			deps.Issuers = issuers{a.first}
			if got := with(trust.NewJudge(deps), a.second); got != trust.OK {
				t.Errorf("the bad one came along, and the other could be fetched: %s", got)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestNobodyIsAskedForIssuersOfWhatIsKnownToBeRevoked(t *testing.T) {
	t.Parallel()
	w := made()
	a := certifiedTwice(t, w, func(*x509.Certificate) {})
	asked := askedFor{}
	for _, status := range []trust.Status{trust.StatusRevoked, trust.StatusUnknown, trust.StatusUnpublished} {
		judge := trust.NewJudge(trust.Deps{Profiles: a.profiles, Revocation: answers{a.leaf: status}, Issuers: &asked, Now: now})
		judge.Judge(context.Background(), trust.Subject{Certificate: a.leaf, Address: bo, Issuers: []*x509.Certificate{a.first}})
	}
	if asked.times != 0 {
		t.Errorf("asked %d times, though another path leads to the same answer about the certificate itself", asked.times)
	}
}

type askedFor struct{ times int }

func (a *askedFor) Issuers(context.Context, *x509.Certificate) []*x509.Certificate {
	a.times++
	return nil
}

// What waits for an authority is taken into use only when it has a path.
func TestAPathIsFoundForAMailboxThatOnlyWeCanRead(t *testing.T) {
	t.Parallel()
	w := made()
	const mailbox = "bøje@partner.example"
	leaf := w.de(t, ca.Request{Shape: func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{mailboxName(mailbox, true)} }})
	judge := trust.NewJudge(trust.Deps{Profiles: w.profiles(), Revocation: answers{}, Now: now})
	if path := judge.Path(trust.Subject{Certificate: leaf, Address: mailbox}); len(path) != 3 {
		t.Errorf("a path of %d", len(path))
	}
}
