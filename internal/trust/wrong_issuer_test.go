package trust_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"sync"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

func wrongIssuers(t *testing.T, w world) []oddCase {
	plain, danish := w.de(t, ca.Request{Address: bo}), w.dk(t, ca.Request{Address: bo})
	issuing := w.foreign.Issuing()
	selfSigned := newBranch(t, nil, nil, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.EmailAddresses = false, x509.KeyUsageKeyAgreement, []string{bo}
	}).certificate
	root := []*x509.Certificate{w.foreign.Root()}
	cross := newBranch(t, nil, nil, nil)
	// What came along is a stranger's whole chain, its root among them.
	brought := func(authorities ...*x509.Certificate) func(*trust.Subject) {
		return func(s *trust.Subject) { s.Issuers = authorities }
	}
	crowd := append(make([]*x509.Certificate, 0, 9), w.danish.Root(), w.danish.Root(), w.danish.Root(), w.danish.Root(),
		w.danish.Root(), w.danish.Root(), w.danish.Root(), w.danish.Root(), issuing.Certificate)
	cases := []oddCase{
		{name: "an authority with the right name and another key", certificate: issue(t, w.stranger, ca.Request{Address: bo}, w.p256)},
		{name: "the same, with its own authorities brought along", certificate: issue(t, w.stranger, ca.Request{Address: bo}, w.p256),
			subject: brought(w.stranger.Issuing().Certificate, w.stranger.Root())},
		{name: "the same, with its own authorities fetched", certificate: issue(t, w.stranger, ca.Request{Address: bo}, w.p256),
			fetched: issuers{w.stranger.Issuing().Certificate, w.stranger.Root()}},
		{name: "no profiles at all", certificate: plain, profiles: []trust.Profile{}},
		{name: "a profile without roots", certificate: plain, profiles: []trust.Profile{{Name: "public", Intermediates: w.foreign.Intermediates()}}},
		{name: "a test root in its own profile only", certificate: danish, profiles: w.profiles()[1:]},
		{name: "a missing issuing authority", certificate: plain, profiles: []trust.Profile{{Name: "public", Roots: root}}},
		{name: "a missing issuing authority that stands ninth in what came along", certificate: plain,
			profiles: []trust.Profile{{Name: "public", Roots: root}}, subject: brought(crowd...)},
		{name: "the issuing authority in one profile and its root in another", certificate: plain,
			profiles: []trust.Profile{{Name: "one", Roots: root}, {Name: "two", Roots: []*x509.Certificate{cross.certificate}, Intermediates: w.foreign.Intermediates()}}},
		{name: "signed by itself", certificate: selfSigned},
		{name: "signed by itself, and brought along as its own authority", certificate: selfSigned, subject: brought(selfSigned)},
	}
	for i := range cases {
		cases[i].want = trust.UnknownIssuer
	}
	return cases
}

func wrongSignatures(t *testing.T, w world) []oddCase {
	plain, danish := w.de(t, ca.Request{Address: bo}), w.dk(t, ca.Request{Address: bo})
	cos := w.de(t, ca.Request{Address: "co@partner.example"})
	signedWith := func(how x509.SignatureAlgorithm, authority func(testing.TB, ca.Request) *x509.Certificate) *x509.Certificate {
		return authority(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.SignatureAlgorithm = how }})
	}
	// Nobody signs so any more: what is signed names the algorithm, and that is enough to refuse it.
	said := func(name string, id asn1.ObjectIdentifier) oddCase {
		as := algorithm(id, asn1.NullRawValue)
		certificate := resigned(t, plain, func(tbs []byte) []byte {
			return bytes.Replace(tbs, algorithm(oidECDSAWithSHA256, asn1.RawValue{}), as, 1)
		}, as, plain.Signature)
		return oddCase{name: name, certificate: certificate, want: trust.WeakSignature}
	}
	old := oldAuthority()
	aged := newBranch(t, old.root, old.key, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA })
	last := len(plain.Raw) - 1
	return []oddCase{
		{name: "signed with SHA-1 and RSA", certificate: signedWith(x509.SHA1WithRSA, w.dk), want: trust.WeakSignature},
		{name: "signed with SHA-1 and ECDSA", certificate: signedWith(x509.ECDSAWithSHA1, w.de), want: trust.WeakSignature},
		said("signed with MD5 and RSA", asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}),
		said("signed with MD2 and RSA", asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 2}),
		said("signed with DSA", asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 2}),
		said("signed in a way that nobody knows", asn1.ObjectIdentifier{1, 2, 3, 4}),
		{name: "an issuing authority signed with SHA-1", certificate: aged.leaf(t, w.p256, nil), want: trust.WeakSignature,
			profiles: []trust.Profile{{Name: "old", Roots: []*x509.Certificate{old.root}, Intermediates: []*x509.Certificate{aged.certificate}}}},

		{name: "the RSA signature is changed", certificate: flipped(t, danish, len(danish.Raw)-5), want: trust.Forged},
		{name: "the last bit of the signature is changed", certificate: flipped(t, plain, last), want: trust.Forged},
		{name: "the name is changed", certificate: flipped(t, plain, bytes.Index(plain.Raw, []byte("\x13\x02Bo"))+2), want: trust.Forged},
		{name: "the address is changed to this one", certificate: flipped(t, cos, bytes.Index(cos.Raw, []byte("co@"))), want: trust.Forged},
		{name: "the serial number is changed", certificate: flipped(t, plain, bytes.Index(plain.Raw, plain.SerialNumber.Bytes())+3), want: trust.Forged},
		{name: "the key is changed", certificate: withAnotherKey(t, w, plain), want: trust.Forged},
		{name: "another's signature under it", want: trust.Forged, certificate: resigned(t, plain, func(tbs []byte) []byte { return tbs },
			algorithm(oidECDSAWithSHA256, asn1.RawValue{}), cos.Signature)},
	}
}

// withAnotherKey is what somebody would make who wants to read bo's mail: all of bo's certificate, and the key of another.
func withAnotherKey(t testing.TB, w world, certificate *x509.Certificate) *x509.Certificate {
	t.Helper()
	theirs := must(x509.MarshalPKIXPublicKey(w.stranger.Issuing().Key.Public()))
	return resigned(t, certificate, func(tbs []byte) []byte { return bytes.Replace(tbs, certificate.RawSubjectPublicKeyInfo, theirs, 1) },
		algorithm(oidECDSAWithSHA256, asn1.RawValue{}), certificate.Signature)
}

// rsaRoot is a root that can sign with SHA-1, as some of those in use have done.
type rsaRoot struct {
	root *x509.Certificate
	key  *rsa.PrivateKey
}

var oldAuthority = sync.OnceValue(func() rsaRoot {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Old root"}, NotBefore: clock.Add(-day), NotAfter: clock.Add(900 * day),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return rsaRoot{must(x509.ParseCertificate(der)), key}
})
