package ocsp_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/fetch"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

var _ trust.RevocationSource = (*ocsp.Source)(nil)

// start is the real time, because openssl believes in no other.
var start = time.Now().UTC().Truncate(time.Second)

// clock is the time that the source under test believes in.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return start.Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// The authorities and keys are shared: making RSA keys is what takes the time.
var (
	danish    = sync.OnceValue(func() *ca.Authority { return must(ca.NewDanish(options())) })
	foreign   = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(options())) })
	stranger  = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(options())) }) // the names of foreign, and other keys
	rsaKey    = sync.OnceValue(func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	danishBo  = sync.OnceValue(func() *ca.Identity { return must(danish().Issue(ca.Request{CommonName: "Bo", PrivateKey: rsaKey()})) })
	foreignBo = sync.OnceValue(func() *ca.Identity { return must(foreign().Issue(ca.Request{CommonName: "Bo"})) })
	edKey     = sync.OnceValue(func() crypto.Signer { _, key, err := ed25519.GenerateKey(rand.Reader); return must(key, err) })
)

func options() ca.Options { return ca.Options{Now: func() time.Time { return start }, Fast: true} }

// delegate makes a responder's certificate as authorities do, then as shape changes it.
func delegate(t testing.TB, by *ca.Authority, request ca.Request, shape func(*x509.Certificate)) *ca.Identity {
	t.Helper()
	request.CommonName = "Responder"
	request.Shape = func(c *x509.Certificate) {
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
		c.ExtraExtensions = append(c.ExtraExtensions, noCheck())
		if shape != nil {
			shape(c)
		}
	}
	identity, err := by.Issue(request)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// naming makes a certificate that names these responders.
func naming(t testing.TB, authority *ca.Authority, addresses ...string) *x509.Certificate {
	t.Helper()
	identity, err := authority.Issue(ca.Request{CommonName: "Bo", PrivateKey: foreignBo().Key, Shape: func(c *x509.Certificate) {
		c.OCSPServer = addresses
	}})
	if err != nil {
		t.Fatal(err)
	}
	return identity.Certificate
}

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

// at answers requests, which must be as RFC 6960 appendix A.1 has them, under path.
func (s *server) at(path string, answer func(request []byte) []byte) string {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		request, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/ocsp-request" || r.URL.RawQuery != "" {
			http.Error(w, "no question", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = w.Write(answer(request))
	})
	return s.URL + path
}

func loopback(c *clock) *ocsp.Source {
	return ocsp.New(ocsp.Deps{Now: c.now, Client: client()})
}

func client() *fetch.Client { return fetch.New(fetch.Options{AllowLoopback: true}) }

func check(source *ocsp.Source, certificate *x509.Certificate, authority *ca.Authority) trust.Revocation {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return source.Check(ctx, certificate, authority.Issuing().Certificate)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
