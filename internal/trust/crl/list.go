package crl

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

var (
	oidAuthorityKeyID           = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidDeltaIndicator           = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}

	errIssuer   = errors.New("the list is another authority's")
	errEarly    = errors.New("the list is from the future")
	errStale    = errors.New("the list is out of date")
	errCritical = errors.New("the list has a critical extension that we do not know")
	errDelta    = errors.New("a delta list lies where a complete one should")
	errComplete = errors.New("a complete list lies where a delta list should")
	errNumber   = errors.New("the delta list does not say what it is to be added to")
	errScope    = errors.New("the list does not cover this certificate")
	errReasons  = errors.New("the list does not know of every reason for revoking")
)

// clockSkew is how far ahead the authority's clock may be. There is none at the other end: a list past its nextUpdate
// proves nothing good, or whoever can hold back the new one decides how long a revocation stays unknown.
const clockSkew = 5 * time.Minute

// List is a verified revocation list, complete or delta, reduced to what is asked of it.
type List struct {
	signer     string   // Key of the authority that signed it
	number     *big.Int // nil where the list has none
	base       *big.Int // of a delta list: the complete list that it may be added to, or any later one; else nil
	thisUpdate time.Time
	nextUpdate time.Time
	entries    entries
	scope      point.Scope
	// scopeDER and keyID are the extensions as they came: a delta list must have the same as its base. They are copies, or the
	// megabytes that they were part of would be held with them.
	scopeDER, keyID []byte
	freshest        []string // addresses of delta lists
	digest          [sha256.Size]byte
}

// Parse reads a complete DER list and checks that issuer signed it, that it is current at now and that nothing in it is
// beyond us. PSS signatures, which the OCES3 lists bear, are verified as any other.
func Parse(der []byte, issuer *x509.Certificate, now time.Time) (*List, error) {
	list, err := read(der, issuer, now, false)
	if err != nil {
		return nil, err
	}
	if !list.current(now) {
		return nil, errStale
	}
	return list, nil
}

// read is Parse for both kinds of list, and for those that have gone out of date: they still tell what was revoked.
func read(der []byte, signer *x509.Certificate, now time.Time, delta bool) (*List, error) {
	// crypto/x509 makes some thirty bytes of memory of every byte of a list. Lists come over plain HTTP, so that is done
	// only for bytes that the signer signed, and not for what anybody on the way may send.
	if err := checkSigned(der, signer); err != nil {
		return nil, err
	}
	parsed, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("parsing the list: %w", err)
	}
	if !bytes.Equal(parsed.RawIssuer, signer.RawSubject) {
		return nil, errIssuer // another authority with the same key
	}
	if err := checkNamed(parsed, signer); err != nil {
		return nil, err
	}
	if parsed.ThisUpdate.After(now.Add(clockSkew)) {
		return nil, errEarly
	}
	list := &List{
		number: parsed.Number, thisUpdate: parsed.ThisUpdate, nextUpdate: parsed.NextUpdate,
		scope: point.Everything(), freshest: point.Freshest(parsed.Extensions), digest: sha256.Sum256(der),
	}
	if list.signer, err = point.Key(parsed.RawIssuer); err != nil {
		return nil, fmt.Errorf("reading who signed the list: %w", err)
	}
	if err := list.readExtensions(parsed); err != nil {
		return nil, err
	}
	switch {
	case delta && list.base == nil:
		return nil, errComplete
	case delta && list.number == nil:
		return nil, errNumber
	case !delta && list.base != nil:
		return nil, errDelta // all that was revoked before its base would be missing (RFC 5280 section 5.2.4)
	}
	list.entries, err = readEntries(parsed.RevokedCertificateEntries, list)
	return list, err
}

func (l *List) readExtensions(parsed *x509.RevocationList) error {
	for _, extension := range parsed.Extensions {
		switch {
		case extension.Id.Equal(oidIssuingDistributionPoint):
			if l.scopeDER != nil {
				return errScope // RFC 5280 section 4.2: not more than one; the second would undo the first
			}
			var err error
			if l.scope, err = point.ParseScope(extension.Value); err != nil {
				return fmt.Errorf("%w: %w", errScope, err)
			}
			l.scopeDER = bytes.Clone(extension.Value)
		case extension.Id.Equal(oidDeltaIndicator):
			l.base = new(big.Int)
			value := cryptobyte.String(extension.Value)
			if !value.ReadASN1Integer(l.base) || !value.Empty() {
				return errNumber
			}
		case extension.Id.Equal(oidAuthorityKeyID):
			l.keyID = bytes.Clone(extension.Value)
		case extension.Critical:
			return errCritical
		}
	}
	return nil
}

// current is false for a list without nextUpdate, which RFC 5280 section 5.1.2.5 demands and without which a list would be
// good for ever: its zero time has passed.
func (l *List) current(now time.Time) bool { return now.Before(l.nextUpdate) }

// newerThan goes by the number, which RFC 5280 section 5.2.3 has every authority raise, and by the day. A higher number of an
// earlier day is not newer: an authority that has lost count and begun again would never be believed any more.
func (l *List) newerThan(other *List) bool {
	number, day := 0, l.thisUpdate.Compare(other.thisUpdate)
	if l.number != nil && other.number != nil {
		number = l.number.Cmp(other.number)
	}
	return number > 0 && day >= 0 || number == 0 && day > 0
}

// Revoked says whether certificate is on the list, and since when. Whatever the reason, certificateHold too, it must
// not be used now.
func (l *List) Revoked(certificate *x509.Certificate) (since time.Time, revoked bool, err error) {
	subject, err := subjectOf(certificate)
	if err != nil {
		return time.Time{}, false, err
	}
	reasons := subject.covered(l, "")
	if reasons == 0 {
		return time.Time{}, false, errScope
	}
	since, revoked = l.entries.find(subject.issuer, subject.serial)
	if !revoked && reasons != point.All {
		return time.Time{}, false, errReasons
	}
	return since, revoked, nil
}
