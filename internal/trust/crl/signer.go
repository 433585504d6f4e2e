package crl

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl/point"
)

// maxSigners of one point are tried: more than one is a roll-over.
const maxSigners = 2

var (
	errNoAuthority   = errors.New("the authority that signs the list is not known")
	errSignerRevoked = errors.New("the authority that signs the list is not proved to be unrevoked")
)

// signers says who may sign the list of a point: the certificate's issuer, or whom the point names as cRLIssuer.
//
// RFC 5280 section 6.3.3 (f) wants the latter's path to end at the trust anchor of the certificate's own path. Which anchor
// that is, is not told here, and need not be: a signer is believed only if its certificate is signed by the certificate's
// issuer, or by an authority of ours that signed that issuer's certificate, or if it is that authority itself. Whoever can
// make such a signer can make, or unmake, the issuer too, so it gains nothing by it; and every such signer stands under the
// same anchor. It is narrower than the RFC: a signer elsewhere under the same root is not believed.
type signers struct {
	known  func(rawSubject []byte) []*x509.Certificate // authorities of ours; nil is none
	now    time.Time
	status func(certificate, issuer *x509.Certificate) trust.Status // by plain lists alone, or two signers could vouch for each other
}

func (s signers) of(at point.Point, issuer *x509.Certificate) ([]*x509.Certificate, error) {
	if at.Issuers.Empty() {
		return []*x509.Certificate{issuer}, nil
	}
	own, err := point.Key(issuer.RawSubject)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer's name: %w", err)
	}
	var found []*x509.Certificate
	if slices.Contains(at.Issuers.People(), own) {
		found = append(found, issuer)
	}
	problem := errNoAuthority
	for _, name := range at.Issuers.Directory {
		if key, err := point.Key(name); err != nil || key == own {
			continue // another key under the issuer's name may be its successor, whose list leaves out what the issuer revoked
		}
		for _, candidate := range s.named(name) {
			above, ok := s.above(candidate, issuer)
			if !ok || len(found) >= maxSigners || slices.ContainsFunc(found, candidate.Equal) {
				continue
			}
			if above != nil && !s.unrevoked(candidate, above) {
				problem = errSignerRevoked
				continue
			}
			found = append(found, candidate)
		}
	}
	if len(found) == 0 {
		return nil, problem
	}
	return found, nil
}

// above gives the certificate that the signer's own rests on, and nil where that is one that the certificate's path goes
// through and is asked about there.
func (s signers) above(signer, issuer *x509.Certificate) (*x509.Certificate, bool) {
	// Here keyUsage must be there: with the issuer, cRLSign is one of several powers, and for this signer it is the only one.
	if signer.KeyUsage&x509.KeyUsageCRLSign == 0 || s.now.Before(signer.NotBefore) || s.now.After(signer.NotAfter) {
		return nil, false
	}
	if s.vouches(issuer, signer) {
		return issuer, true
	}
	if issuer.CheckSignatureFrom(signer) == nil {
		return nil, len(signer.UnhandledCriticalExtensions) == 0
	}
	for _, parent := range s.named(issuer.RawIssuer) {
		if issuer.CheckSignatureFrom(parent) == nil && s.vouches(parent, signer) {
			return parent, true
		}
	}
	return nil, false
}

// vouches is path validation with the authority as the anchor: signature, time, critical extensions, name constraints.
func (s signers) vouches(authority, signer *x509.Certificate) bool {
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	_, err := signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: s.now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err == nil
}

// unrevoked lets a signer through whose certificate names no list, as OCSP responders' certificates do, too: its issuer has
// said by that that it will live out its time. Anything else must be good: who could sign with a stolen key could un-revoke.
func (s signers) unrevoked(signer, above *x509.Certificate) bool {
	points, err := point.Of(signer)
	return err == nil && (len(points) == 0 || s.status(signer, above) == trust.StatusGood)
}

func (s signers) named(rawSubject []byte) []*x509.Certificate {
	if s.known == nil {
		return nil
	}
	return s.known(rawSubject)
}
