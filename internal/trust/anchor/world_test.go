package anchor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

var clock = time.Date(2026, time.November, 24, 9, 30, 0, 0, time.UTC)

var key = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })

// made is a certificate under parent, or signed by itself. All share one key: what is tested is what they say.
func made(t testing.TB, parent *x509.Certificate, shape func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Partner"}, NotBefore: clock.Add(-time.Hour), NotAfter: clock.AddDate(2, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	shape(template)
	if parent == nil {
		parent = template
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, key().Public(), key()))
	return must(x509.ParseCertificate(der))
}

// authority has the names of the state's, in this unit.
func authority(t testing.TB, common, unit string) *x509.Certificate {
	return made(t, nil, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: common, Organization: []string{"Den Danske Stat"}, Country: []string{"DK"}}
		if unit != "" {
			c.Subject.OrganizationalUnit = []string{unit}
		}
	})
}

func stranger(t testing.TB) *x509.Certificate { return made(t, nil, func(*x509.Certificate) {}) }

// leaf is for bo, on an ordinary key of its own kind.
func leaf(t testing.TB, issuer *x509.Certificate, shape func(*x509.Certificate)) *x509.Certificate {
	return made(t, issuer, func(c *x509.Certificate) {
		c.Subject, c.IsCA, c.KeyUsage = pkix.Name{CommonName: "Bo"}, false, x509.KeyUsageKeyAgreement
		c.EmailAddresses = []string{"bo@partner.example"}
		shape(c)
	})
}

// unrevoked knows every certificate, and no bad of any.
type unrevoked struct{}

func (unrevoked) Check(context.Context, *x509.Certificate, *x509.Certificate) trust.Revocation {
	return trust.Revocation{Status: trust.StatusGood}
}

func judged(certificate *x509.Certificate, profiles ...trust.Profile) trust.Code {
	judge := trust.NewJudge(trust.Deps{Profiles: profiles, Revocation: unrevoked{}, Now: func() time.Time { return clock }})
	return judge.Judge(context.Background(), trust.Subject{Certificate: certificate, Address: "bo@partner.example"}).Code
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
