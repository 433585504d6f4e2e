package trust_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// parsed is what a finder would have of these bytes: nothing, where they are no certificate.
func parsed(der []byte) *x509.Certificate {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return certificate
}

func wrongUnreadable(t *testing.T, w world) []oddCase {
	plain := w.de(t, ca.Request{Address: bo})
	critical := func(id ...int) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: id, Critical: true, Value: []byte{5, 0}}}
		}})
	}
	return []oddCase{
		{name: "nothing at all", certificate: nil, want: trust.Malformed},
		{name: "a certificate that was never parsed", certificate: &x509.Certificate{}, want: trust.Malformed},
		{name: "cut short", certificate: parsed(plain.Raw[:len(plain.Raw)-1]), want: trust.Malformed},
		{name: "with something behind it", certificate: parsed(append(bytes.Clone(plain.Raw), 0)), want: trust.Malformed},
		{name: "empty", certificate: parsed([]byte{0x30, 0}), want: trust.Malformed},
		{name: "a critical extension that nobody knows", certificate: critical(1, 2, 3, 4), want: trust.Unsupported},
		{name: "a critical extension of Microsoft's", certificate: critical(1, 3, 6, 1, 4, 1, 311, 21, 10), want: trust.Unsupported},
		{name: "a certificate for a log only", certificate: critical(1, 3, 6, 1, 4, 1, 11129, 2, 4, 3), want: trust.Unsupported}, // RFC 6962 section 3.1
	}
}

func wrongKeys(t *testing.T, w world) []oddCase {
	with := func(key publicOnly) *x509.Certificate { return w.de(t, ca.Request{Address: bo, PrivateKey: key}) }
	rsaKey := func(n *big.Int, e int) *x509.Certificate { return with(publicOnly{&rsa.PublicKey{N: n, E: e}}) }
	public, _ := must2(ed25519.GenerateKey(rand.Reader))
	ed := with(publicOnly{public})
	// crypto/x509 makes no certificates for these, so the object identifier of the key is changed (RFC 8410 section 3).
	at := bytes.Index(ed.Raw, []byte{6, 3, 0x2b, 0x65, 0x70}) + 4
	short := must(rsa.GenerateKey(rand.Reader, 1024))
	return []oddCase{
		{name: "an Ed25519 key", certificate: ed, want: trust.UnsupportedKey},
		{name: "an X25519 key", certificate: flippedBits(t, ed, at, 0x70^0x6e), want: trust.UnsupportedKey},
		{name: "an Ed448 key, which crypto/x509 does not read", certificate: flippedBits(t, ed, at, 0x70^0x71), want: trust.UnsupportedKey},
		{name: "a P-224 key", certificate: with(publicOnly{must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)).Public()}), want: trust.UnsupportedKey},
		{name: "a DSA key", certificate: withDSAKey(t, w.de(t, ca.Request{Address: bo})), want: trust.UnsupportedKey},
		{name: "an RSA key for PSS signatures only", certificate: withPSSKey(t, w.de(t, ca.Request{Address: bo, PrivateKey: w.rsa})), want: trust.UnsupportedKey},
		{name: "an RSA key of 1024 bits", certificate: with(publicOnly{short.Public()}), want: trust.WeakKey},
		{name: "an RSA key of 1023 bits", certificate: rsaKey(odd(1023), 65537), want: trust.WeakKey},
		{name: "an RSA key of 2047 bits", certificate: rsaKey(odd(2047), 65537), want: trust.WeakKey},
		{name: "an RSA key longer than anybody needs", certificate: rsaKey(odd(16385), 65537), want: trust.WeakKey},
		{name: "an RSA modulus that is even", certificate: rsaKey(new(big.Int).Add(odd(2048), big.NewInt(1)), 65537), want: trust.WeakKey},
		{name: "an RSA exponent of 1, which encrypts nothing", certificate: rsaKey(odd(2048), 1), want: trust.WeakKey},
		{name: "an RSA exponent of 2", certificate: rsaKey(odd(2048), 2), want: trust.WeakKey},
		{name: "an RSA exponent that is even", certificate: rsaKey(odd(2048), 65536), want: trust.WeakKey},
	}
}

func wrongUsages(t *testing.T, w world) []oddCase {
	usage := func(authority func(testing.TB, ca.Request) *x509.Certificate, bits x509.KeyUsage) *x509.Certificate {
		return authority(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.KeyUsage = bits }})
	}
	purpose := func(known []x509.ExtKeyUsage, unknown ...asn1.ObjectIdentifier) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.ExtKeyUsage, c.UnknownExtKeyUsage = known, unknown }})
	}
	extension := func(extension pkix.Extension) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) {
			c.KeyUsage, c.ExtKeyUsage, c.ExtraExtensions = 0, nil, []pkix.Extension{extension}
		}})
	}
	authority := w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.IsCA = true }})
	both := x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	bit := []oddCase{
		{name: "RSA for signatures only", certificate: usage(w.dk, x509.KeyUsageDigitalSignature)},
		{name: "RSA for signatures that bind", certificate: usage(w.dk, both)},
		{name: "RSA with the usage of an EC key", certificate: usage(w.dk, x509.KeyUsageKeyAgreement)},
		{name: "RSA for data and not for keys", certificate: usage(w.dk, x509.KeyUsageDataEncipherment)},
		{name: "EC for signatures only", certificate: usage(w.de, x509.KeyUsageDigitalSignature)},
		{name: "EC with the usage of an RSA key", certificate: usage(w.de, x509.KeyUsageKeyEncipherment)},
		{name: "EC for deciphering only", certificate: usage(w.de, x509.KeyUsageKeyAgreement|x509.KeyUsageDecipherOnly)},
		{name: "a key for signing certificates", certificate: usage(w.de, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)},
		{name: "a key usage without any bit", certificate: extension(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Value: []byte{3, 1, 0}})},
		{name: "a web server's certificate", certificate: purpose([]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth})},
		{name: "a person's for logging in", certificate: purpose([]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth})},
		{name: "one for signing programs and time", certificate: purpose([]x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageTimeStamping})},
		{name: "a purpose that nobody knows", certificate: purpose(nil, asn1.ObjectIdentifier{1, 2, 3})},
		{name: "one for signing documents", certificate: purpose(nil, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36})}, // RFC 9336
		{name: "a list of purposes without any", certificate: extension(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: []byte{0x30, 0}})},
		{name: "a recipient who is an authority too", certificate: authority},
		{name: "an authority's own certificate", certificate: w.foreign.Issuing().Certificate, bound: true},
		{name: "a root", certificate: w.danish.Root(), bound: true},
	}
	for i := range bit {
		bit[i].want = trust.WrongUsage
	}
	return bit
}

func wrongForSigners(t *testing.T, w world) []oddCase {
	signing := func(s *trust.Subject) { s.Signing = true }
	usage := func(bits x509.KeyUsage) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.KeyUsage = bits }})
	}
	web := w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }})
	short := w.de(t, ca.Request{Address: bo, PrivateKey: publicOnly{&rsa.PublicKey{N: odd(1536), E: 65537}}})
	return []oddCase{
		{name: "a signer whose key is for encryption only", certificate: usage(x509.KeyUsageKeyAgreement), subject: signing, want: trust.WrongUsage},
		{name: "a signer whose key is for certificates", certificate: usage(x509.KeyUsageCertSign), subject: signing, want: trust.WrongUsage},
		{name: "a signer who is a web server", certificate: web, subject: signing, want: trust.WrongUsage},
		{name: "a signer whose key is too short", certificate: short, subject: signing, want: trust.WeakKey},
	}
}

// withDSAKey has another key in the place of its own: nobody makes certificates for DSA any more (FIPS 186-5).
func withDSAKey(t testing.TB, certificate *x509.Certificate) *x509.Certificate {
	t.Helper()
	parameters := must(asn1.Marshal(struct{ P, Q, G *big.Int }{odd(2048), odd(256), big.NewInt(4)}))
	y := must(asn1.Marshal(odd(2047)))
	return withKey(t, certificate, asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}, asn1.RawValue{FullBytes: parameters}, y)
}

// withPSSKey says of its RSA key that it is for RSASSA-PSS (RFC 4055 section 1.2), so RSA key transport is no use of it.
func withPSSKey(t testing.TB, certificate *x509.Certificate) *x509.Certificate {
	t.Helper()
	key := x509.MarshalPKCS1PublicKey(certificate.PublicKey.(*rsa.PublicKey))
	return withKey(t, certificate, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}, asn1.RawValue{}, key)
}

func withKey(t testing.TB, certificate *x509.Certificate, id asn1.ObjectIdentifier, parameters asn1.RawValue, key []byte) *x509.Certificate {
	t.Helper()
	spki := must(asn1.Marshal(struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}{asn1.RawValue{FullBytes: algorithm(id, parameters)}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}}))
	return resigned(t, certificate, func(tbs []byte) []byte {
		return bytes.Replace(tbs, certificate.RawSubjectPublicKeyInfo, spki, 1)
	}, algorithm(oidECDSAWithSHA256, asn1.RawValue{}), certificate.Signature)
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}
