package crl_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
	"aau.dk/sendsikker/internal/trust/fetch"
)

var start = time.Date(2026, time.November, 24, 9, 30, 0, 0, time.UTC)

// clock is the time that the source under test believes in.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return start.Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// The authorities are shared: a list is made for the test that needs it, and served where that test says.
var (
	danish   = sync.OnceValue(func() *ca.Authority { return must(ca.NewDanish(options())) })
	foreign  = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(options())) })
	stranger = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(options())) })

	client = sync.OnceValue(func() *fetch.Client { return fetch.New(fetch.Options{AllowLoopback: true}) })
)

func options() ca.Options { return ca.Options{Now: func() time.Time { return start }, Fast: true} }

// server is a real HTTP server on loopback that counts what it is asked for.
type server struct {
	*httptest.Server
	mux  *http.ServeMux
	hits atomic.Int64
}

func newServer(t testing.TB) *server {
	s := &server{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		s.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// at serves what list gives under path.
func (s *server) at(path string, list func() []byte) string {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(list()) })
	return s.URL + path
}

// named makes a certificate that names these lists.
func named(t testing.TB, authority *ca.Authority, addresses ...string) *x509.Certificate {
	t.Helper()
	identity, err := authority.Issue(ca.Request{CommonName: "Bo", Key: ca.P256, Shape: func(c *x509.Certificate) {
		c.CRLDistributionPoints = addresses
	}})
	if err != nil {
		t.Fatal(err)
	}
	return identity.Certificate
}

// listOf signs a list of the revoked, good for a day from start, as shape changes it.
func listOf(t testing.TB, authority *ca.Authority, shape func(*x509.RevocationList), revoked ...*x509.Certificate) []byte {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(7), ThisUpdate: start.Add(-time.Hour), NextUpdate: start.Add(24 * time.Hour)}
	if authority == danish() {
		template.SignatureAlgorithm = x509.SHA256WithRSAPSS
	}
	for _, certificate := range revoked {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: certificate.SerialNumber, RevocationTime: start.Add(-2 * time.Hour)})
	}
	if shape != nil {
		shape(template)
	}
	issuer := authority.Issuing()
	der, err := x509.CreateRevocationList(rand.Reader, template, issuer.Certificate, issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func loopback(c *clock) *crl.Source { return crl.New(crl.Deps{Now: c.now, Client: client()}) }

func check(source *crl.Source, certificate *x509.Certificate, authority *ca.Authority) trust.Revocation {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return source.Check(ctx, certificate, authority.Issuing().Certificate)
}

// point is an issuingDistributionPoint: name is the list's own address, the rest are its fields by tag.
func point(name string, fields ...asn1.RawValue) pkix.Extension {
	var parts []asn1.RawValue
	if name != "" {
		uri := must(asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(name)}))
		full := must(asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: uri}))
		parts = append(parts, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: full})
	}
	return pkix.Extension{
		Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: must(asn1.Marshal(append(parts, fields...))),
	}
}

func yes(tag int) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte{0xff}}
}

func no(tag int) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte{0}}
}

func with(extension pkix.Extension) func(*x509.RevocationList) {
	return func(list *x509.RevocationList) { list.ExtraExtensions = append(list.ExtraExtensions, extension) }
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
