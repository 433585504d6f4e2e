package crl

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

var (
	oidIssuingDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}

	errUnsigned = errors.New("the list does not bear the authority's signature")
	errIssuer   = errors.New("the list is another authority's")
	errEarly    = errors.New("the list is from the future")
	errStale    = errors.New("the list is out of date")
	errCritical = errors.New("the list has a critical extension that we do not know")
	errScope    = errors.New("the list does not cover this certificate")
)

// clockSkew is how far ahead the authority's clock may be. There is none at the other end: a list past its nextUpdate
// is not used, or whoever can hold back the new one decides how long a revocation stays unknown.
const clockSkew = 5 * time.Minute

// List is a verified revocation list, reduced to what is asked of it.
type List struct {
	number     *big.Int // nil where the list has none
	thisUpdate time.Time
	nextUpdate time.Time
	revoked    map[string]time.Time // by the serial number's bytes: one look-up per certificate
	scope      scope
}

// Parse reads a DER list and checks that issuer signed it, that it is current at now and that nothing in it is beyond
// us. PSS signatures, which the OCES3 lists bear, are verified as any other.
func Parse(der []byte, issuer *x509.Certificate, now time.Time) (*List, error) {
	// crypto/x509 makes some thirty bytes of memory of every byte of a list. Lists come over plain HTTP, so that is done
	// only for bytes that the issuer signed, and not for what anybody on the way may send.
	if err := checkSigned(der, issuer); err != nil {
		return nil, err
	}
	parsed, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("parsing the list: %w", err)
	}
	if !bytes.Equal(parsed.RawIssuer, issuer.RawSubject) {
		return nil, errIssuer // an indirect list, or one for another authority with the same key
	}
	if err := parsed.CheckSignatureFrom(issuer); err != nil {
		return nil, fmt.Errorf("verifying the list: %w", err)
	}
	if parsed.ThisUpdate.After(now.Add(clockSkew)) {
		return nil, errEarly
	}
	// RFC 5280 section 5.1.2.5 demands nextUpdate; a list without one would be good for ever. Its zero time is stale.
	if !now.Before(parsed.NextUpdate) {
		return nil, errStale
	}
	list := &List{
		number: parsed.Number, thisUpdate: parsed.ThisUpdate, nextUpdate: parsed.NextUpdate,
		revoked: make(map[string]time.Time, len(parsed.RevokedCertificateEntries)),
	}
	for _, extension := range parsed.Extensions {
		switch {
		case extension.Id.Equal(oidIssuingDistributionPoint):
			if list.scope, err = parseScope(extension.Value); err != nil {
				return nil, err
			}
		case extension.Critical: // a delta list among them: its base would be missing (RFC 5280 section 5.2.4)
			return nil, errCritical
		}
	}
	for _, entry := range parsed.RevokedCertificateEntries {
		// certificateIssuer, for one, makes the entry somebody else's. RFC 5280 section 5.3: then MUST NOT use the list.
		for _, extension := range entry.Extensions {
			if extension.Critical {
				return nil, errCritical
			}
		}
		list.revoked[key(entry.SerialNumber)] = entry.RevocationTime
	}
	return list, nil
}

// signatures are the algorithms that a key may have signed with; SHA-1 is not among them.
var signatures = map[x509.PublicKeyAlgorithm][]x509.SignatureAlgorithm{
	x509.RSA: {
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.SHA384WithRSA, x509.SHA384WithRSAPSS,
	},
	x509.ECDSA:   {x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512},
	x509.Ed25519: {x509.PureEd25519},
}

// checkSigned looks at nothing but the two outer parts. Which algorithm the list names does not matter here: that one
// of the issuer's fits is proof enough to read on, and Parse then checks the one named.
func checkSigned(der []byte, issuer *x509.Certificate) error {
	var outer struct {
		List      asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return fmt.Errorf("parsing the list: %w", err)
	}
	for _, algorithm := range signatures[issuer.PublicKeyAlgorithm] {
		if issuer.CheckSignature(algorithm, outer.List.FullBytes, outer.Signature.RightAlign()) == nil {
			return nil
		}
	}
	return errUnsigned
}

// Revoked says whether certificate is on the list, and since when. Whatever the reason, certificateHold too, it must
// not be used now.
func (l *List) Revoked(certificate *x509.Certificate) (since time.Time, revoked bool, err error) {
	if !l.scope.covers(certificate) {
		return time.Time{}, false, errScope
	}
	since, revoked = l.revoked[key(certificate.SerialNumber)]
	return since, revoked, nil
}

// key tells 1 from -1: crypto/x509 lets negative serial numbers of revocation lists through.
func key(serial *big.Int) string {
	if serial.Sign() < 0 {
		return "-" + string(serial.Bytes())
	}
	return "+" + string(serial.Bytes())
}
