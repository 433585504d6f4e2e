package aia_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/aia"
	"aau.dk/sendsikker/internal/trust/fetch"
)

const bo = "bo@partner.example"

var start = time.Date(2026, time.November, 24, 9, 30, 0, 0, time.UTC)

// clock is the time that the source under test believes in.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return start.Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

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

// until waits until it has been asked so often, or for three seconds.
func (s *server) until(hits int64) {
	for deadline := time.Now().Add(3 * time.Second); s.hits.Load() < hits && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// at serves these bytes under path.
func (s *server) at(path string, answer []byte) string {
	return s.handle(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer) })
}

func (s *server) handle(path string, handler http.HandlerFunc) string {
	s.mux.HandleFunc(path, handler)
	return s.URL + path
}

// authority has a certificate that says where its own issuer lies.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, name string, above *authority, addresses ...string) *authority {
	t.Helper()
	made := &authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	made.certificate = certified(t, name, made, above, addresses...)
	return made
}

// certified is a certificate for the key of what, from above; from itself where that is nil.
func certified(t testing.TB, name string, what, above *authority, addresses ...string) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: start.Add(-time.Hour), NotAfter: start.AddDate(10, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IssuingCertificateURL: addresses,
	}
	parent, key := template, what.key
	if above != nil {
		parent, key = above.certificate, above.key
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, what.key.Public(), key))
	return must(x509.ParseCertificate(der))
}

// leaf is bo's certificate, which says that its issuer lies at these addresses.
func (a *authority) leaf(t testing.TB, addresses ...string) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Bo"}, NotBefore: start.Add(-time.Hour), NotAfter: start.AddDate(2, 0, 0),
		EmailAddresses: []string{bo}, KeyUsage: x509.KeyUsageKeyAgreement, IssuingCertificateURL: addresses,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.certificate, a.key.Public(), a.key))
	return must(x509.ParseCertificate(der))
}

func newSource(c *clock) *aia.Source {
	return aia.New(aia.Deps{Now: c.now, Client: fetch.New(fetch.Options{AllowLoopback: true})})
}

func ask(source *aia.Source, certificate *x509.Certificate) []*x509.Certificate {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	return source.Issuers(ctx, certificate)
}

// answers is a trust.RevocationSource: revoked is, and every other certificate is good.
type answers struct{ revoked *x509.Certificate }

func (a answers) Check(_ context.Context, certificate, _ *x509.Certificate) trust.Revocation {
	if a.revoked != nil && a.revoked.Equal(certificate) {
		return trust.Revocation{Status: trust.StatusRevoked}
	}
	return trust.Revocation{Status: trust.StatusGood}
}

func judge(source trust.IssuerSource, told answers, certificate *x509.Certificate, roots ...*x509.Certificate) trust.Verdict {
	deps := trust.Deps{
		Profiles: []trust.Profile{{Name: "public", Roots: roots}}, Revocation: told, Issuers: source,
		Now: func() time.Time { return start },
	}
	return trust.NewJudge(deps).Judge(context.Background(), trust.Subject{Certificate: certificate, Address: bo})
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// withKeyOf is a certificate for issuer's name with an RSA key of so many bits, of which nobody has the private half.
func withKeyOf(t testing.TB, issuer *authority, bits uint) *x509.Certificate {
	t.Helper()
	modulus := new(big.Int).Lsh(big.NewInt(1), bits-1)
	template := *issuer.certificate
	key := &rsa.PublicKey{N: modulus.Add(modulus, big.NewInt(12345)), E: 1<<31 - 1}
	der := must(x509.CreateCertificate(rand.Reader, &template, issuer.certificate, key, issuer.key))
	return must(x509.ParseCertificate(der))
}

// withSignatureOf is certificate with an RSA signature of so many bits that nobody has made.
func withSignatureOf(t testing.TB, certificate *x509.Certificate, bits int) *x509.Certificate {
	t.Helper()
	ecdsaWithSHA256 := must(asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}))
	sha256WithRSA := must(asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue}))
	var tbs asn1.RawValue
	must(asn1.Unmarshal(certificate.RawTBSCertificate, &tbs))
	tbs.FullBytes, tbs.Bytes = nil, bytes.Replace(tbs.Bytes, ecdsaWithSHA256, sha256WithRSA, 1)
	signature := bytes.Repeat([]byte{0x55}, bits/8)
	der := must(asn1.Marshal(struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}{tbs, asn1.RawValue{FullBytes: sha256WithRSA}, asn1.BitString{Bytes: signature, BitLength: bits}}))
	return must(x509.ParseCertificate(der))
}
