package trust_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// The tests' clock stands still; certificates are made around it.
var clock = time.Date(2026, time.November, 24, 9, 30, 0, 0, time.UTC)

func now() time.Time { return clock }

const day = 24 * time.Hour

// world is the authorities that the tests trust, and one that they do not. Their certificates name a list somewhere;
// nothing is fetched here, and answers takes the place of the source.
type world struct {
	danish, foreign, stranger *ca.Authority
	rsa, p256                 crypto.Signer // of two issued identities: certificates can share a key, which saves time
}

var made = sync.OnceValue(func() world {
	w := world{
		danish:   must(ca.NewDanish(ca.Options{BaseURL: "http://crl.example/dk", Now: now, Fast: true})),
		foreign:  must(ca.NewForeign(ca.Options{BaseURL: "http://crl.example/de", Now: now})),
		stranger: must(ca.NewForeign(ca.Options{BaseURL: "http://crl.example/de", Now: now})), // same names, other keys
	}
	w.rsa = must(w.danish.Issue(ca.Request{CommonName: "nøgle"})).Key
	w.p256 = must(w.foreign.Issue(ca.Request{CommonName: "key"})).Key
	return w
})

func (w world) profiles() []trust.Profile {
	return []trust.Profile{
		{Name: "oces3", Roots: []*x509.Certificate{w.danish.Root()}, Intermediates: w.danish.Intermediates()},
		{Name: "public", Roots: []*x509.Certificate{w.foreign.Root()}, Intermediates: w.foreign.Intermediates()},
	}
}

func (w world) dk(t testing.TB, request ca.Request) *x509.Certificate {
	return issue(t, w.danish, request, w.rsa)
}

func (w world) de(t testing.TB, request ca.Request) *x509.Certificate {
	return issue(t, w.foreign, request, w.p256)
}

func issue(t testing.TB, authority *ca.Authority, request ca.Request, key crypto.Signer) *x509.Certificate {
	t.Helper()
	if request.PrivateKey == nil && request.Key == ca.Default {
		request.PrivateKey = key
	}
	if request.CommonName == "" {
		request.CommonName = "Bo"
	}
	identity, err := authority.Issue(request)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Certificate
}

// answers is a RevocationSource that knows what it is told; everything else is good.
type answers map[*x509.Certificate]trust.Status

func (a answers) Check(_ context.Context, certificate, _ *x509.Certificate) trust.Revocation {
	for told, status := range a {
		if told.Equal(certificate) {
			return trust.Revocation{Status: status}
		}
	}
	return trust.Revocation{Status: trust.StatusGood, Number: "7", ThisUpdate: clock.Add(-day), NextUpdate: clock.Add(day)}
}

// publicOnly stands for a subject key of which nobody here has the private half.
type publicOnly struct{ key crypto.PublicKey }

func (p publicOnly) Public() crypto.PublicKey { return p.key }
func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("a subject key signs nothing")
}

// branch is an authority below another, for paths that the sandbox's honest authorities do not make.
type branch struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newBranch(t testing.TB, parent *x509.Certificate, parentKey crypto.Signer, shape func(*x509.Certificate)) branch {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Branch " + rand.Text()}, NotBefore: clock.Add(-day), NotAfter: clock.Add(900 * day),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if shape != nil {
		shape(template)
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey))
	return branch{certificate: must(x509.ParseCertificate(der)), key: key}
}

func (b branch) leaf(t testing.TB, key crypto.Signer, shape func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Bo"}, NotBefore: clock.Add(-day), NotAfter: clock.Add(300 * day),
		EmailAddresses: []string{"bo@partner.example"}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	if shape != nil {
		shape(template)
	}
	der := must(x509.CreateCertificate(rand.Reader, template, b.certificate, key.Public(), b.key))
	return must(x509.ParseCertificate(der))
}

// mailboxName is a subjectAltName extension with one SmtpUTF8Mailbox.
func mailboxName(mailbox string, critical bool) pkix.Extension {
	explicit := func(tag int, der []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: der}
	}
	text := must(asn1.Marshal(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(mailbox)}))
	id := must(asn1.Marshal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}))
	other := append(id, must(asn1.Marshal(explicit(0, text)))...)
	return pkix.Extension{
		Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Critical: critical, Value: must(asn1.Marshal([]asn1.RawValue{explicit(0, other)})),
	}
}

// flipped is certificate with one bit changed.
func flipped(t testing.TB, certificate *x509.Certificate, at int) *x509.Certificate {
	return flippedBits(t, certificate, at, 1)
}

func flippedBits(t testing.TB, certificate *x509.Certificate, at int, bits byte) *x509.Certificate {
	t.Helper()
	raw := append([]byte{}, certificate.Raw...)
	raw[at] ^= bits
	changed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatalf("the changed certificate does not parse: %v", err)
	}
	return changed
}

func odd(bits int) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.Add(n, big.NewInt(12345))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
