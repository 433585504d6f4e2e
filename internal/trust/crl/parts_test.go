package crl_test

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// knowsOf is the field onlySomeReasons, which the flags make of the bits 0 to 8.
func knowsOf(flags ...byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 3, Bytes: flags}
}

func TestAListInPartsAnswersForItsOwnPartAlone(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	const parts = 5
	subjects := make([]*x509.Certificate, parts)
	for i := range parts {
		subjects[i] = named(t, foreign(), fmt.Sprintf("%s/part/%d", web.URL, i))
	}
	// The certificate of part 3 is revoked. Its entry stands in part 3, and nowhere else.
	for i := range parts {
		var revoked []*x509.Certificate
		if i == 3 {
			revoked = append(revoked, subjects[3])
		}
		list := listOf(t, foreign(), with(point(fmt.Sprintf("%s/part/%d", web.URL, i))), revoked...)
		web.at(fmt.Sprintf("/part/%d", i), func() []byte { return list })
	}
	source := loopback(&clock{})
	for i, subject := range subjects {
		want := trust.StatusGood
		if i == 3 {
			want = trust.StatusRevoked
		}
		if got := check(source, subject, foreign()); got.Status != want {
			t.Errorf("part %d: %q, want %q (%v)", i, got.Status, want, got.Cause)
		}
	}
	if web.hits.Load() != parts {
		t.Errorf("%d fetches for %d parts", web.hits.Load(), parts)
	}
	// Another part, played where part 3 should lie, does not hide the entry.
	other := listOf(t, foreign(), with(point(web.URL+"/part/0")))
	swapped := newServer(t)
	subject := named(t, foreign(), swapped.at("/part/3", func() []byte { return other }))
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusUnknown {
		t.Errorf("another part: %q", got.Status)
	}
}

func TestPointsWithSeveralNamesAndReasons(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	a, b, away := web.URL+"/a", web.URL+"/b", web.URL+"/away"
	one := func(addresses ...string) at { return at{addresses: addresses} }
	some := func(flags []byte, addresses ...string) at { return at{addresses: addresses, reasons: flags} }
	stolen, rest := []byte{5, 0x60}, []byte{7, 0x1f, 0x80} // keyCompromise and cACompromise; all others
	list := func(shapes ...func(*x509.RevocationList)) []byte { return listOf(t, foreign(), all(shapes...)) }
	const good, revoked, unknown = trust.StatusGood, trust.StatusRevoked, trust.StatusUnknown

	cases := []struct {
		name   string
		points []at
		a, b   []byte
		on     string // which list the certificate is on
		want   trust.Status
	}{
		{"two names of one list, the first of a directory", []at{one("ldap://x/", a)}, list(), nil, "", good},
		{"two names of one list, the first away", []at{one(away, b)}, nil, list(), "", good},
		{"two names of one list, which bears the other", []at{one(away, b)}, nil, list(with(point(away))), "", good},
		{"two points with one list, which bears the other's name", []at{one(away), one(b)}, nil, list(with(point(away))), "", good},
		{"the list bears a third name", []at{one(a), one(b)}, list(with(point(away))), list(with(point(away))), "", unknown},

		{"the list knows of some reasons", []at{one(a)}, list(with(point(a, knowsOf(stolen...)))), nil, "", unknown},
		{"the list knows of some reasons, and of this certificate", []at{one(a)}, list(with(point(a, knowsOf(stolen...)))), nil, "a", revoked},
		{"two lists know of all reasons together", []at{one(a), one(b)},
			list(with(point(a, knowsOf(stolen...)))), list(with(point(b, knowsOf(rest...)))), "", good},
		{"two lists know of all reasons together, and it is on the second", []at{one(a), one(b)},
			list(with(point(a, knowsOf(stolen...)))), list(with(point(b, knowsOf(rest...)))), "b", revoked},
		{"two lists know of the same reasons", []at{one(a), one(b)},
			list(with(point(a, knowsOf(stolen...)))), list(with(point(b, knowsOf(stolen...)))), "", unknown},
		{"the second of them is away", []at{one(a), one(away)}, list(with(point(a, knowsOf(stolen...)))), nil, "", unknown},
		{"the second of them knows of everything", []at{one(a), one(b)}, list(with(point(a, knowsOf(stolen...)))), list(), "", good},
		{"the point is for some reasons", []at{some(stolen, a)}, list(), nil, "", unknown},
		{"the point is for some reasons, and the certificate is on the list", []at{some(stolen, a)}, list(), nil, "a", revoked},
		{"two points are for all reasons together", []at{some(stolen, a), some(rest, b)}, list(), list(), "", good},
		{"two points are for all reasons together, and one is away", []at{some(stolen, a), some(rest, away)}, list(), nil, "", unknown},
		{"the point is for other reasons than its list", []at{some(stolen, a)}, list(with(point(a, knowsOf(rest...)))), nil, "a", unknown},
	}
	var serveA, serveB []byte
	web.at("/a", func() []byte { return serveA })
	web.at("/b", func() []byte { return serveB })
	for _, c := range cases {
		subject := issued(t, foreign(), pointsAt(c.points...))
		serveA, serveB = c.a, c.b
		switch c.on {
		case "a":
			serveA = again(t, foreign(), c.a, subject)
		case "b":
			serveB = again(t, foreign(), c.b, subject)
		}
		got := check(loopback(&clock{}), subject, foreign())
		if got.Status != c.want || (got.Cause == nil) != (c.want != unknown) {
			t.Errorf("%s: %q, want %q (%v)", c.name, got.Status, c.want, got.Cause)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// again makes the list once more, with the certificate on it.
func again(t *testing.T, authority *ca.Authority, der []byte, revoked *x509.Certificate) []byte {
	t.Helper()
	list := must(x509.ParseRevocationList(der))
	return listOf(t, authority, func(l *x509.RevocationList) {
		for _, extension := range list.Extensions {
			if extension.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 28}) {
				l.ExtraExtensions = append(l.ExtraExtensions, extension)
			}
		}
	}, revoked)
}

func TestWhatSeveralListsSayGoesOutOfDateWithTheFirst(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	a, b := web.URL+"/a", web.URL+"/b"
	until := func(hours int) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) { l.NextUpdate = start.Add(time.Duration(hours) * time.Hour) }
	}
	listA := listOf(t, foreign(), all(with(point(a, knowsOf(5, 0x60))), until(9)))
	listB := listOf(t, foreign(), all(with(point(b, knowsOf(7, 0x1f, 0x80))), until(4)))
	web.at("/a", func() []byte { return listA })
	web.at("/b", func() []byte { return listB })
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{a}}, at{addresses: []string{b}}))
	source, time0 := loopback(&clock{}), &clock{}
	if got := check(source, subject, foreign()); got.Status != trust.StatusGood || !got.NextUpdate.Equal(start.Add(4*time.Hour)) {
		t.Errorf("%q until %v (%v)", got.Status, got.NextUpdate, got.Cause)
	}
	late := loopback(time0)
	check(late, subject, foreign())
	time0.forward(5 * time.Hour)
	got := check(late, subject, foreign())
	if got.Status != trust.StatusUnknown || !got.LapsedAt.Equal(start.Add(4*time.Hour)) {
		t.Errorf("%q, lapsed at %v (%v)", got.Status, got.LapsedAt, got.Cause)
	}
}

func TestPointsThatCannotBeReadAreNotNone(t *testing.T) {
	t.Parallel()
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{"http://127.0.0.1:1/"}, reasons: []byte{6, 0x60, 0x40}}))
	got := check(loopback(&clock{}), subject, foreign())
	if got.Status != trust.StatusUnknown || got.Cause == nil || !strings.Contains(got.Cause.Error(), "cannot be read") {
		t.Errorf("%q (%v)", got.Status, got.Cause)
	}
}
