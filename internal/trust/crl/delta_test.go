package crl_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/http"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

func TestADeltaListSharpensTheCompleteOne(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	base, change := web.URL+"/base", web.URL+"/delta"
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{base}}), freshestAt(change))
	plain := issued(t, foreign(), pointsAt(at{addresses: []string{base}}))
	other := issued(t, foreign(), pointsAt(at{addresses: []string{base}}))
	issuing := foreign().Issuing()
	list := func(shape func(*x509.RevocationList), entries ...x509.RevocationListEntry) []byte {
		return signedBy(t, issuing, shape, entries...)
	}
	// upon is a delta list of number 9 upon a complete one of number base.
	upon := func(base int64, shapes ...func(*x509.RevocationList)) func(*x509.RevocationList) {
		return all(append([]func(*x509.RevocationList){numbered(9), with(delta(base))}, shapes...)...)
	}
	sameName := with(point(base))
	otherKey := must(ca.NewForeign(options())).Issuing()
	const good, revoked, unknown = trust.StatusGood, trust.StatusRevoked, trust.StatusUnknown
	on, off := row(subject, 0), row(subject, 8)

	cases := []struct {
		name        string
		subject     *x509.Certificate
		base, delta []byte
		want        trust.Status
		number      string
	}{
		{"nothing has changed", subject, list(nil), list(upon(7)), good, "9"},
		{"it was revoked since", subject, list(nil), list(upon(7), on), revoked, "9"},
		{"somebody else was", subject, list(nil), list(upon(7), row(other, 0)), good, "9"},
		{"it was let go since", subject, list(nil, row(subject, 6)), list(upon(7), off), good, "9"},
		{"it is on both", subject, list(nil, on), list(upon(7), on), revoked, "9"},
		{"it is on the complete list alone", subject, list(nil, on), list(upon(7)), revoked, "9"},
		{"the delta list says both", subject, list(nil), list(upon(7), on, off), revoked, "9"},
		{"the delta list says both, the other way round", subject, list(nil), list(upon(7), off, on), revoked, "9"},
		{"the complete list names the delta list", plain, list(with(freshestAt(change))), list(upon(7), row(plain, 0)), revoked, "9"},
		{"nobody names the delta list", plain, list(nil), list(upon(7), row(plain, 0)), good, "7"},
		{"the delta list is upon an earlier one", subject, list(nil), list(upon(5), on), revoked, "9"},
		{"both are of the same part", subject, list(sameName), list(upon(7, sameName), on), revoked, "9"},
		{"both are of one number", subject, list(numbered(9)), list(upon(7), on), revoked, "9"},

		{"the delta list is upon a later one", subject, list(nil), list(upon(8), on), good, "7"},
		{"the delta list is upon a later one and lets go", subject, list(nil, on), list(upon(8), off), revoked, "7"},
		{"the complete list is newer", subject, list(numbered(10), on), list(upon(7), off), revoked, "10"},
		{"the delta list is of another part", subject, list(nil), list(upon(7, sameName), on), good, "7"},
		{"the complete list is of a part, the delta list of all", subject, list(sameName, on), list(upon(7), off), revoked, "7"},
		{"another key signed the delta list", subject, list(nil, on), signedBy(t, otherKey, upon(7), off), revoked, "7"},
		{"the delta list lets go, and has ended", subject, list(nil, on), list(upon(7, ended), off), revoked, "7"},
		{"the delta list is garbage", subject, list(nil), []byte("<html>"), good, "7"},
		{"a complete list lies where the delta list should", subject, list(nil, on), list(numbered(9)), revoked, "7"},
		{"the delta list's base is no number", subject, list(nil, on), list(all(numbered(9), with(pkix.Extension{
			Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{5, 0}})), off), revoked, "7"},
		{"there is no complete list", subject, []byte("<html>"), list(upon(7)), unknown, ""},
		{"the delta list lies where the complete one should", subject, list(upon(7)), list(upon(7)), unknown, ""},
		{"letting go means nothing on a complete list", subject, list(nil, off), list(upon(7)), revoked, "9"},
	}
	var serve, changes []byte
	web.at("/base", func() []byte { return serve })
	web.at("/delta", func() []byte { return changes })
	for _, c := range cases {
		serve, changes = c.base, c.delta
		got := check(loopback(&clock{}), c.subject, foreign())
		if got.Status != c.want || got.Number != c.number || (got.Source == "crl") != (c.want != unknown) {
			t.Errorf("%s: %q of list %q, want %q of %q (%v)", c.name, got.Status, got.Number, c.want, c.number, got.Cause)
		}
		if got.RevokedAt.IsZero() == (c.want == revoked) {
			t.Errorf("%s: revoked at %v", c.name, got.RevokedAt)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAHeldDeltaListThatHasEndedAddsAndDoesNotTakeOff(t *testing.T) {
	t.Parallel()
	web, time0 := newServer(t), &clock{}
	base, change := web.URL+"/base", web.URL+"/delta"
	revoked, freed := issued(t, foreign(), pointsAt(at{addresses: []string{base}}), freshestAt(change)), issued(t, foreign(), pointsAt(at{addresses: []string{base}}), freshestAt(change))
	issuing := foreign().Issuing()
	lists := map[string][]byte{
		"/base": signedBy(t, issuing, nil, row(freed, 6)),
		"/delta": signedBy(t, issuing, all(numbered(9), with(delta(7)), func(l *x509.RevocationList) { l.NextUpdate = start.Add(time.Hour) }),
			row(revoked, 0), row(freed, 8)),
	}
	for path := range lists {
		web.at(path, func() []byte { return lists[path] })
	}
	source := loopback(time0)
	if a, b := check(source, revoked, foreign()), check(source, freed, foreign()); a.Status != trust.StatusRevoked || b.Status != trust.StatusGood {
		t.Fatalf("in its time: %q and %q", a.Status, b.Status)
	}
	time0.forward(2 * time.Hour) // the server still has the old one
	if a, b := check(source, revoked, foreign()), check(source, freed, foreign()); a.Status != trust.StatusRevoked || b.Status != trust.StatusRevoked {
		t.Errorf("after its time: %q and %q", a.Status, b.Status)
	}
}

func TestASlowDeltaServerCostsNoMailItsAnswer(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	web.mux.HandleFunc("/delta", func(http.ResponseWriter, *http.Request) { <-release })
	complete := signedBy(t, foreign().Issuing(), nil)
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{web.at("/base", func() []byte { return complete })}}), freshestAt(web.URL+"/delta"))
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if got := loopback(&clock{}).Check(ctx, subject, foreign().Issuing().Certificate); got.Status != trust.StatusGood {
		t.Errorf("%q (%v)", got.Status, got.Cause)
	}
	patient, began := crl.New(crl.Deps{Now: (&clock{}).now, Client: client()}), time.Now()
	if got := check(patient, subject, foreign()); got.Status != trust.StatusGood || time.Since(began) > 4*time.Second {
		t.Errorf("%q after %v (%v)", got.Status, time.Since(began), got.Cause)
	}
}
