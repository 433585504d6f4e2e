package smimea_test

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/smimea"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

// What it comes to in the end: the same record, with and without the administrator's leave to take a domain's word.
func TestADomainsWordIsEnoughOnlyWhereItIsTrusted(t *testing.T) {
	t.Parallel()
	example := newZone("example.", true)
	example.add(
		record(at("three@example"), 3, 0, 0, large().Raw), // names no address, and its authority is nobody's
		record(at("one@example"), 1, 0, 0, large().Raw),
		record(at("known@example"), 1, 0, 0, bo().Raw), // somebody else's address, and a known authority
	)
	resolver := unbound(t, example)
	judge := trust.NewJudge(trust.Deps{
		Now: time.Now, Revocation: crl.New(crl.Deps{Now: time.Now}), Profiles: []trust.Profile{{
			Name: "foreign", Roots: []*x509.Certificate{foreign().Root()}, Intermediates: foreign().Intermediates(), WhenUnpublished: trust.Warn,
		}},
	})
	cases := []struct {
		name, address string
		trusted       bool
		want          trust.Code
	}{
		{"usage 3, trusted", "three@example", true, trust.OK},
		{"usage 3, not trusted", "three@example", false, trust.UnknownIssuer},
		{"usage 1 needs an authority even so", "one@example", true, trust.UnknownIssuer},
		{"usage 1 under a known authority, whatever address is inside", "known@example", false, trust.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := find(t, source(t, smimea.Config{Resolver: resolver, TrustUsage3: c.trusted}), c.address)[c.address]
			if len(found) != 1 {
				t.Fatalf("%d found", len(found))
			}
			if got := judge.Judge(context.Background(), subject(found[0], c.address)); got.Code != c.want {
				t.Errorf("judged %s, want %s", got.Code, c.want)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func subject(c certs.Candidate, address string) trust.Subject {
	return trust.Subject{
		Certificate: c.Certificate, Address: address, Bound: c.Bound, Vouched: c.Vouched, Profiles: c.Profiles, Issuers: c.Issuers,
	}
}
