package crl_test

import (
	"crypto/x509"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

func TestGivenListsAnswerForWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	const place, other = "http://192.0.2.1/list", "http://192.0.2.1/other"
	subject, nowhere := named(t, foreign(), place), issued(t, foreign())
	indirect := issued(t, foreign(), pointsAt(at{addresses: []string{place}, signer: signing().Certificate}))
	old := func(l *x509.RevocationList) { l.Number, l.ThisUpdate = nil, start.AddDate(0, 0, -9); numbered(3)(l) }
	list := func(shape func(*x509.RevocationList), revoked ...*x509.Certificate) []byte {
		return listOf(t, foreign(), shape, revoked...)
	}
	byOther := signedBy(t, signing(), with(point(place, yes(4))), row(indirect, 0, of(foreign().Issuing().Certificate)))
	const good, revoked, unknown = trust.StatusGood, trust.StatusRevoked, trust.StatusUnknown

	cases := []struct {
		name    string
		subject *x509.Certificate
		lists   [][]byte
		want    trust.Status
	}{
		{"a list of the issuer's", subject, [][]byte{list(nil)}, good},
		{"a list of the issuer's with it", subject, [][]byte{list(nil, subject)}, revoked},
		{"a certificate that names no list, good", nowhere, [][]byte{list(nil)}, good},
		{"a certificate that names no list, revoked", nowhere, [][]byte{list(nil, nowhere)}, revoked},
		{"a certificate that names no list, and a part", nowhere, [][]byte{list(with(point(place)))}, unknown},
		{"other lists lie before and behind", subject, [][]byte{listOf(t, danish(), nil), list(nil, subject), []byte("<html>")}, revoked},
		{"two parts, one of them its own", subject, [][]byte{list(with(point(other))), list(with(point(place)), subject)}, revoked},
		{"another part alone", subject, [][]byte{list(with(point(other)), subject)}, unknown},
		{"an older one, from before, behind", subject, [][]byte{list(nil, subject), list(old)}, revoked},
		{"an older one, from when it was on hold, in front", subject, [][]byte{list(old, subject), list(nil)}, good},
		{"two of some reasons, which are all", subject, [][]byte{list(with(point(place, knowsOf(5, 0x60)))), list(with(point(place, knowsOf(7, 0x1f, 0x80))))}, good},
		{"a delta list too", subject, [][]byte{signedBy(t, foreign().Issuing(), all(numbered(9), with(delta(7))), row(subject, 0)), list(nil)}, revoked},
		{"a delta list alone", subject, [][]byte{signedBy(t, foreign().Issuing(), all(numbered(9), with(delta(7))), row(subject, 0))}, unknown},
		{"a list that has ended, good", subject, [][]byte{list(ended)}, unknown},
		{"a list that has ended, revoked", subject, [][]byte{list(ended, subject)}, revoked},
		{"an indirect list of a known signer", indirect, [][]byte{byOther}, revoked},
		{"an indirect list for somebody else", subject, [][]byte{byOther}, unknown},
		{"another authority's", subject, [][]byte{listOf(t, stranger(), nil, subject)}, unknown},
		{"garbage", subject, [][]byte{[]byte("<html>"), nil}, unknown},
		{"none", subject, nil, unknown},
	}
	for _, c := range cases {
		source := crl.FromFiles(c.lists, func() time.Time { return start }, signing().Certificate)
		got := source.Check(t.Context(), c.subject, foreign().Issuing().Certificate)
		if got.Status != c.want || (got.Cause == nil) != (c.want != unknown) || (got.Source == "crl") != (c.want != unknown) {
			t.Errorf("%s: %q, want %q (%v)", c.name, got.Status, c.want, got.Cause)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	lapsed := crl.FromFiles([][]byte{list(ended)}, func() time.Time { return start }).Check(t.Context(), subject, foreign().Issuing().Certificate)
	if !lapsed.LapsedAt.Equal(start.AddDate(0, 0, -2)) {
		t.Errorf("lapsed at %v", lapsed.LapsedAt)
	}
}

// The judge takes given lists as it takes fetched ones.
var _ trust.RevocationSource = (*crl.Files)(nil)
