package ca

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	// maxQuestion bounds a request's bytes: maxAsked certificates under SHA-512 and a nonce are some 3 kB.
	maxQuestion = 8 << 10
	// ocspPath is where the responder answers, below Options.BaseURL.
	ocspPath = "/ocsp"
)

var oidNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5} // id-pkix-ocsp-nocheck

// OCSPAddress is where the responder answers; "" without an Options.BaseURL.
func (a *Authority) OCSPAddress() string { return strings.Join(a.urls(ocspPath), "") }

// OCSP answers one request: both are DER. It says good or revoked of what the issuing CA has issued, and unknown of anything
// else: to say good of a serial number that was never issued would let a forger with the key choose one.
func (a *Authority) OCSP(request []byte) []byte {
	if len(request) > maxQuestion {
		return refusal(malformedRequest)
	}
	q, err := parseQuestion(request)
	if err != nil {
		return refusal(malformedRequest)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	responder, err := a.currentResponder()
	if err != nil {
		return refusal(internalError)
	}
	response, err := answer(q, responder, a.options.DirectOCSP, a.verdict, a.options.Now())
	if err != nil {
		return refusal(internalError)
	}
	return response
}

// verdict wants the lock held.
func (a *Authority) verdict(id certID) verdict {
	if !id.by(a.issuing.Certificate) {
		return verdict{}
	}
	for _, entry := range a.revoked {
		if entry.SerialNumber.Cmp(id.serial) == 0 {
			return verdict{known: true, revokedAt: entry.RevocationTime}
		}
	}
	return verdict{known: a.issued[id.serial.String()]}
}

// currentResponder wants the lock held. The responder is made when it is first needed: most tests never ask, and an RSA key
// takes its time.
func (a *Authority) currentResponder() (*Identity, error) {
	if a.options.DirectOCSP {
		return a.issuing, nil
	}
	if a.responder != nil {
		return a.responder, nil
	}
	keys, err := a.generateAll([]KeyKind{a.model.caKey})
	if err != nil {
		return nil, err
	}
	a.responder, err = a.certifyResponder(keys[0])
	return a.responder, err
}

// certifyResponder makes the certificate of a delegated responder (RFC 6960 section 4.2.2.2): issued by the very authority
// that it answers for, for that and nothing else, and not to be asked about in turn (4.2.2.2.1).
func (a *Authority) certifyResponder(key crypto.Signer) (*Identity, error) {
	issuer := a.issuing.Certificate
	certificate, err := sign(&x509.Certificate{
		Subject:   a.model.ocspName,
		NotBefore: issuer.NotBefore,
		// A real one lives for weeks, since nobody can learn of its being revoked. This one is never renewed.
		NotAfter: issuer.NotAfter, BasicConstraintsValid: true, SignatureAlgorithm: a.model.signature,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{{Id: oidNoCheck, Value: asn1.NullBytes}},
	}, issuer, key, a.issuing.Key)
	if err != nil {
		return nil, fmt.Errorf("making the OCSP responder: %w", err)
	}
	return &Identity{Certificate: certificate, Key: key, Chain: a.Intermediates()}, nil
}

// serveOCSP takes both ways of RFC 6960 appendix A.1: a body, or base64 in the path, percent-encoded.
func (a *Authority) serveOCSP(mux *http.ServeMux) {
	reply := func(w http.ResponseWriter, response []byte) {
		w.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = w.Write(response)
	}
	mux.HandleFunc("POST "+ocspPath, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/ocsp-request" {
			http.Error(w, "not an OCSP request", http.StatusUnsupportedMediaType)
			return
		}
		request, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
		if err != nil {
			http.Error(w, "not an OCSP request", http.StatusRequestEntityTooLarge)
			return
		}
		reply(w, a.OCSP(request))
	})
	mux.HandleFunc("GET "+ocspPath+"/{request...}", func(w http.ResponseWriter, r *http.Request) {
		request, err := base64.StdEncoding.DecodeString(r.PathValue("request"))
		if err != nil {
			request = nil // which is malformed
		}
		reply(w, a.OCSP(request))
	})
}
