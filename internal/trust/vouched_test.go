package trust_test

import (
	"crypto/rsa"
	"crypto/x509"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

func vouched(s *trust.Subject) { s.Vouched = true }

// vouchedFrom is somebody's word for a certificate from a source that these authorities alone may vouch for.
func vouchedFrom(profiles ...string) func(*trust.Subject) {
	return func(s *trust.Subject) { s.Vouched, s.Profiles = true, profiles }
}

// Somebody's word stands in for a path. It does not stand against what can be read off the certificate, nor against its authority.
func wrongThoughVouched(t *testing.T, w world) []oddCase {
	alone := func(request ca.Request) *x509.Certificate {
		request.Address = bo
		return issue(t, w.stranger, request, w.p256)
	}
	shaped := func(shape func(*x509.Certificate)) *x509.Certificate { return alone(ca.Request{Shape: shape}) }
	known, policy := w.de(t, ca.Request{Address: bo}), under(t, w, "1.3.6")
	issuing := w.foreign.Issuing().Certificate
	narrow := below(t, w, func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"uni.example"} }, nil)
	cases := []oddCase{
		{name: "nothing at all", certificate: nil, want: trust.Malformed},
		{name: "for somebody else", certificate: alone(ca.Request{}), address: "ida@partner.example", want: trust.WrongAddress},
		{name: "expired", certificate: alone(ca.Request{NotAfter: clock.Add(-day)}), want: trust.Expired},
		{name: "not valid yet", certificate: alone(ca.Request{NotBefore: clock.Add(day)}), want: trust.NotYetValid},
		{name: "a key that is too short", certificate: alone(ca.Request{PrivateKey: publicOnly{&rsa.PublicKey{N: odd(1024), E: 65537}}}), want: trust.WeakKey},
		{name: "a key of the wrong kind", certificate: withDSAKey(t, alone(ca.Request{})), want: trust.UnsupportedKey},
		{name: "a key for signatures", certificate: shaped(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), want: trust.WrongUsage},
		{name: "a web server's", certificate: shaped(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), want: trust.WrongUsage},
		{name: "an authority's", certificate: shaped(func(c *x509.Certificate) { c.IsCA = true }), want: trust.WrongUsage},
		{name: "signed with SHA-1", certificate: shaped(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), want: trust.WeakSignature},
		{name: "forged", certificate: flipped(t, known, len(known.Raw)-1), want: trust.Forged},
		{name: "from an authority that was not allowed to", certificate: narrow.certificate, profiles: narrow.profiles, want: trust.BadPath},
		{name: "revoked", certificate: known, answers: answers{known: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked", certificate: known, answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
		{name: "revoked, by an authority that may not vouch for the source", certificate: known, subject: vouchedFrom("oces3"),
			answers: answers{known: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked, and may not vouch for the source", certificate: known, subject: vouchedFrom("oces3"),
			answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
		{name: "revoked, and issued for another purpose", certificate: policy, profiles: w.demanding("1.2.208"),
			answers: answers{policy: trust.StatusRevoked}, want: trust.Revoked},
		{name: "nothing is known of its revocation at the moment, and its authority may not vouch for the source", certificate: known,
			subject: vouchedFrom("oces3"), answers: answers{known: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "nothing is known of its revocation at the moment, and it was issued for another purpose", certificate: policy,
			profiles: w.demanding("1.2.208"), answers: answers{policy: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "nothing is known of its revocation at the moment", certificate: known, answers: answers{known: trust.StatusUnknown}, want: trust.RevocationUnknown},
	}
	for i := range cases {
		if cases[i].subject == nil {
			cases[i].subject = vouched
		}
	}
	return cases
}

func TestAWordForACertificateStandsInForWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := made()
	stranger := issue(t, w.stranger, ca.Request{Address: bo}, w.p256)
	selfSigned := newBranch(t, nil, nil, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.EmailAddresses = false, x509.KeyUsageKeyAgreement, []string{bo}
	}).certificate
	known, silent := w.de(t, ca.Request{Address: bo}), w.de(t, ca.Request{Address: bo})
	nameless := issue(t, w.stranger, ca.Request{}, w.p256)
	soon := issue(t, w.stranger, ca.Request{Address: bo, NotAfter: clock.Add(day)}, w.p256)
	past := newBranch(t, nil, nil, func(c *x509.Certificate) { c.NotAfter = clock.Add(-time.Hour) })
	word := []trust.Code{trust.Vouched}
	run(t, w, []oddCase{
		{name: "a stranger's authority", certificate: stranger, subject: vouched, want: trust.OK, warn: word},
		{name: "signed by itself", certificate: selfSigned, subject: vouched, want: trust.OK, warn: word},
		{name: "no profiles at all", certificate: known, subject: vouched, profiles: []trust.Profile{}, want: trust.OK, warn: word},
		{name: "an authority that may not vouch for the source", certificate: known, subject: vouchedFrom("oces3"), want: trust.OK, warn: word},
		{name: "another policy than is demanded", certificate: under(t, w, "1.3.6"), subject: vouched, profiles: w.demanding("1.2.208"), want: trust.OK, warn: word},
		{name: "a root that has expired", certificate: past.leaf(t, w.p256, nil), subject: vouched, want: trust.OK, warn: word,
			profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{past.certificate}}}},
		{name: "nothing is published of its revocation", certificate: silent, subject: vouched, answers: answers{silent: trust.StatusUnpublished}, want: trust.OK, warn: word},
		{name: "nothing is published of its revocation, and its authority may not vouch for the source", certificate: silent,
			subject: vouchedFrom("oces3"), answers: answers{silent: trust.StatusUnpublished}, want: trust.OK, warn: word},
		{name: "no address, but bound to one", certificate: nameless, bound: true, subject: vouched, want: trust.OK, warn: word},
		{name: "a day left", certificate: soon, subject: vouched, want: trust.OK, warn: []trust.Code{trust.Vouched, trust.ExpiresSoon}},
		{name: "nothing is missing, so the word is not needed", certificate: known, subject: vouched, want: trust.OK},
	})
}

func TestIssuersThatCameAlongOrWereFetchedCompleteAPathAndNoMore(t *testing.T) {
	t.Parallel()
	w := made()
	leaf, issuing := w.de(t, ca.Request{Address: bo}), w.foreign.Issuing().Certificate
	rootOnly := []trust.Profile{{Name: "public", Roots: []*x509.Certificate{w.foreign.Root()}}}
	with := func(list ...*x509.Certificate) func(*trust.Subject) {
		return func(s *trust.Subject) { s.Issuers = list }
	}
	forged := newBranch(t, nil, nil, func(c *x509.Certificate) { c.RawSubject, c.SubjectKeyId = issuing.RawSubject, issuing.SubjectKeyId })
	run(t, w, []oddCase{
		{name: "it came along", certificate: leaf, profiles: rootOnly, subject: with(issuing), want: trust.OK},
		{name: "it came along with others", certificate: leaf, profiles: rootOnly, subject: with(w.stranger.Issuing().Certificate, forged.certificate, issuing), want: trust.OK},
		{name: "it was fetched", certificate: leaf, profiles: rootOnly, fetched: issuers{issuing}, want: trust.OK},
		{name: "it was fetched with others", certificate: leaf, profiles: rootOnly, fetched: issuers{forged.certificate, issuing}, want: trust.OK},
		{name: "nothing came", certificate: leaf, profiles: rootOnly, want: trust.UnknownIssuer},
		{name: "a namesake came along", certificate: leaf, profiles: rootOnly, subject: with(forged.certificate), want: trust.UnknownIssuer},
		{name: "a namesake was fetched", certificate: leaf, profiles: rootOnly, fetched: issuers{forged.certificate}, want: trust.UnknownIssuer},
		{name: "a certificate of the namesake, and both came along", certificate: forged.leaf(t, w.p256, nil), profiles: rootOnly, subject: with(forged.certificate, issuing), want: trust.UnknownIssuer},
		{name: "it came along and is revoked", certificate: leaf, profiles: rootOnly, subject: with(issuing), answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
	})
}

func TestIssuersAreFetchedThreeLevelsUpAndNoFurther(t *testing.T) {
	t.Parallel()
	w := made()
	cases := map[int]trust.Code{1: trust.OK, 3: trust.OK, 4: trust.UnknownIssuer}
	for levels, want := range cases {
		root := newBranch(t, nil, nil, nil)
		lowest, all := root, issuers{}
		for range levels {
			lowest = newBranch(t, lowest.certificate, lowest.key, nil)
			all = append(all, lowest.certificate)
		}
		c := oddCase{certificate: lowest.leaf(t, w.p256, nil), fetched: all, profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{root.certificate}}}}
		if got := c.judge(w); got.Code != want {
			t.Errorf("%d levels: %s, want %s", levels, got.Code, want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
