package ocsp_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
)

// certifiedBy makes a responder under whoever is given; nil is itself.
func certifiedBy(t testing.TB, issuer *ca.Identity) *ca.Identity {
	t.Helper()
	key := foreignBo().Key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Responder"},
		NotBefore: start.Add(-time.Hour), NotAfter: start.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{noCheck()},
	}
	if issuer == nil {
		issuer = &ca.Identity{Certificate: template, Key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &ca.Identity{Certificate: must(x509.ParseCertificate(der)), Key: key}
}
