package trust_test

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// says is a RevocationSource with one answer.
type says trust.Status

func (s says) Check(context.Context, *x509.Certificate, *x509.Certificate) trust.Revocation {
	return trust.Revocation{Status: trust.Status(s)}
}

// remembering is one that has been told of a revocation, and cannot be reached now.
type remembering struct{ says }

func (r remembering) Revoked(*x509.Certificate, *x509.Certificate) (trust.Revocation, bool) {
	return trust.Revocation{Status: trust.StatusRevoked, Source: "ocsp"}, true
}

// A list lives for days, and its authority's responder is asked while it cannot be had: when the list is back, it may be from
// before the revocation.
func TestARevocationThatOneSourceKnowsOutlivesAGoodAnswerOfAnother(t *testing.T) {
	t.Parallel()
	w := made()
	leaf := w.de(t, ca.Request{Address: bo})
	source := trust.InOrder(says(trust.StatusGood), remembering{says(trust.StatusUnknown)})
	if got := source.Check(context.Background(), leaf, w.foreign.Issuing().Certificate); got.Status != trust.StatusRevoked || got.Source != "ocsp" {
		t.Errorf("%q by %q", got.Status, got.Source)
	}
}

// lapsedSays is a source whose last good answer is so old.
type lapsedSays time.Duration

func (l lapsedSays) Check(context.Context, *x509.Certificate, *x509.Certificate) trust.Revocation {
	return trust.Revocation{LapsedAt: clock.Add(-time.Duration(l))}
}

// notKnown is a responder that says so: nobody's failure, and perhaps a certificate that its authority never knew it had issued.
type notKnown struct{}

func (notKnown) Check(context.Context, *x509.Certificate, *x509.Certificate) trust.Revocation {
	return trust.Revocation{Source: "ocsp", ThisUpdate: clock}
}

func TestSourcesInOrder(t *testing.T) {
	t.Parallel()
	const unknown, unpublished, good, revoked = says(trust.StatusUnknown), says(trust.StatusUnpublished), says(trust.StatusGood), says(trust.StatusRevoked)
	cases := []struct {
		name    string
		sources []trust.RevocationSource
		want    trust.Status
		lapsed  time.Duration
	}{
		{"nobody to ask", nil, trust.StatusUnpublished, 0},
		{"it names neither", []trust.RevocationSource{unpublished, unpublished}, trust.StatusUnpublished, 0},
		{"it names a responder only, and that is blocked", []trust.RevocationSource{unpublished, unknown}, trust.StatusUnknown, 0},
		{"it names a list only, and that is blocked", []trust.RevocationSource{unknown, unpublished}, trust.StatusUnknown, 0},
		{"both are blocked", []trust.RevocationSource{unknown, unknown}, trust.StatusUnknown, 0},
		{"one is blocked, the other knows good", []trust.RevocationSource{unknown, good}, trust.StatusGood, 0},
		{"one is blocked, the other knows bad", []trust.RevocationSource{unknown, revoked}, trust.StatusRevoked, 0},
		{"a responder only, that knows bad", []trust.RevocationSource{unpublished, revoked}, trust.StatusRevoked, 0},
		{"the list says enough", []trust.RevocationSource{good, unknown}, trust.StatusGood, 0},
		{"the list has lapsed, the responder is blocked", []trust.RevocationSource{lapsedSays(day), unknown}, trust.StatusUnknown, day},
		{"the list has lapsed, and there is no responder", []trust.RevocationSource{lapsedSays(day), unpublished}, trust.StatusUnknown, day},
		{"the list has lapsed, and the responder does not know the certificate", []trust.RevocationSource{lapsedSays(day), notKnown{}}, trust.StatusUnknown, 0},
		{"the same, the other way round", []trust.RevocationSource{notKnown{}, lapsedSays(day)}, trust.StatusUnknown, 0},
		{"both have lapsed, the responder later", []trust.RevocationSource{lapsedSays(day), lapsedSays(time.Hour)}, trust.StatusUnknown, time.Hour},
		{"both have lapsed, the list later", []trust.RevocationSource{lapsedSays(time.Hour), lapsedSays(day)}, trust.StatusUnknown, time.Hour},
	}
	leaf := made().de(t, ca.Request{Address: bo})
	for _, c := range cases {
		got := trust.InOrder(c.sources...).Check(context.Background(), leaf, leaf)
		if got.Status != c.want || got.LapsedAt.IsZero() != (c.lapsed == 0) || c.lapsed != 0 && !got.LapsedAt.Equal(clock.Add(-c.lapsed)) {
			t.Errorf("%s: %q, lapsed at %v", c.name, got.Status, got.LapsedAt)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
