package crl_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
)

// house is a root and an issuing authority whose keys the test has both: the sandbox's keeps its root's to itself.
type house struct {
	t             testing.TB
	root, issuing *ca.Identity
}

func twoStoreys(t testing.TB) house {
	h := house{t: t}
	h.root = h.certify("Root", nil, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	h.issuing = h.certify("Issuing", h.root, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	return h
}

func (h house) leaf(extensions ...pkix.Extension) *x509.Certificate {
	return h.certify("Leaf", h.issuing, x509.KeyUsageDigitalSignature, extensions...).Certificate
}

func (h house) certify(name string, by *ca.Identity, usage x509.KeyUsage, extensions ...pkix.Extension) *ca.Identity {
	h.t.Helper()
	var key crypto.Signer = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<62))), Subject: pkix.Name{CommonName: name, Organization: []string{"House"}},
		NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(1, 0, 0), KeyUsage: usage, ExtraExtensions: extensions,
		BasicConstraintsValid: true, IsCA: usage&x509.KeyUsageCertSign != 0, SubjectKeyId: []byte(name),
	}
	if by == nil {
		by = &ca.Identity{Certificate: template, Key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, key.Public(), by.Key)
	if err != nil {
		h.t.Fatal(err)
	}
	return &ca.Identity{Certificate: must(x509.ParseCertificate(der)), Key: key}
}
