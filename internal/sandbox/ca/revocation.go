package ca

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/http"
	"time"
)

// crlLife is how long a list may be used. A new one is made at half of it, so that what is served never is about to end.
const crlLife = 24 * time.Hour

// reasonKeyCompromise is the reason given for everything revoked here (RFC 5280 section 5.3.1): the one that hurts most.
const reasonKeyCompromise = 1

// Revoke puts certificate on the next CRL, which is made at once.
func (a *Authority) Revoke(certificate *x509.Certificate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = append(a.revoked, x509.RevocationListEntry{
		SerialNumber: certificate.SerialNumber, RevocationTime: a.options.Now().UTC(), ReasonCode: reasonKeyCompromise,
	})
	a.crl = nil
}

// CRL is the issuing CA's current list, DER.
func (a *Authority) CRL() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current(&a.crl, a.issuing, a.revoked)
}

// RootCRL is the root's current list, DER: it says that the issuing CA stands.
func (a *Authority) RootCRL() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current(&a.rootCRL, a.root, nil)
}

// current wants the lock held.
func (a *Authority) current(held **x509.RevocationList, issuer *Identity, revoked []x509.RevocationListEntry) ([]byte, error) {
	now := a.options.Now()
	if *held != nil && now.Before((*held).ThisUpdate.Add(crlLife/2)) {
		return (*held).Raw, nil
	}
	a.number = new(big.Int).Add(a.number, big.NewInt(1))
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		SignatureAlgorithm: a.model.signature, Number: a.number, RevokedCertificateEntries: revoked,
		ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(crlLife),
	}, issuer.Certificate, issuer.Key)
	if err != nil {
		return nil, fmt.Errorf("signing the revocation list: %w", err)
	}
	*held, err = x509.ParseRevocationList(der)
	return der, err
}

// Handler serves what the certificates point at. Mount it so that Options.BaseURL is its root (http.StripPrefix).
func (a *Authority) Handler() http.Handler {
	mux := http.NewServeMux()
	list := func(make func() ([]byte, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			der, err := make()
			if err != nil {
				http.Error(w, "no revocation list", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/pkix-crl") // RFC 2585 section 4.2
			_, _ = w.Write(der)
		}
	}
	certificate := func(of *Identity) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/pkix-cert") // RFC 2585 section 4.1
			_, _ = w.Write(of.Certificate.Raw)
		}
	}
	mux.HandleFunc("GET /issuing.crl", list(a.CRL))
	mux.HandleFunc("GET /root.crl", list(a.RootCRL))
	mux.HandleFunc("GET /issuing.cer", certificate(a.issuing))
	mux.HandleFunc("GET /root.cer", certificate(a.root))
	a.serveOCSP(mux)
	return mux
}
