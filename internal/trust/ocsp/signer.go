package ocsp

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidNoCheck  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
)

// responderID says who signed: by name, or by the hash of the key (RFC 6960 section 4.2.1). One of the two is nil.
type responderID struct{ name, keyHash []byte }

func readResponderID(from *cryptobyte.String) (responderID, bool) {
	var explicit, value cryptobyte.String
	var tag cbasn1.Tag
	if !from.ReadAnyASN1(&explicit, &tag) {
		return responderID{}, false
	}
	if tag == explicitTag(1) {
		ok := explicit.ReadASN1Element(&value, cbasn1.SEQUENCE) && explicit.Empty()
		return responderID{name: value}, ok
	}
	ok := tag == explicitTag(2) && explicit.ReadASN1(&value, cbasn1.OCTET_STRING) && explicit.Empty() && len(value) == crypto.SHA1.Size()
	return responderID{keyHash: value}, ok
}

// isOf is whether certificate is the one meant. That it is proves nothing: its key has to have signed.
func (r responderID) isOf(certificate *x509.Certificate) bool {
	if r.keyHash == nil {
		return bytes.Equal(r.name, certificate.RawSubject)
	}
	key, err := publicKeyBits(certificate)
	return err == nil && bytes.Equal(r.keyHash, digest(crypto.SHA1, key))
}

// signer finds who signed the answer, and whether they may: the issuer of the certificate asked about, or a responder
// that this same issuer has certified for it (RFC 6960 section 4.2.2.2). Nobody else, however well known: the third way,
// a responder that is trusted by configuration, is not offered.
func (b basicResponse) signer(id responderID, issuer *x509.Certificate, now time.Time) (*x509.Certificate, error) {
	// An authority's own key usage need not have digitalSignature: OCES3 has keyCertSign and cRLSign, and an answer is as a list.
	if id.isOf(issuer) && issuer.CheckSignature(b.algorithm, b.signed, b.signature) == nil {
		return issuer, nil
	}
	cause := errSigner
	if id.isOf(issuer) {
		cause = errUnsigned
	}
	for _, der := range b.certificates {
		// They lie outside the signature, so anybody may have put them there: what cannot be read is not the signer.
		candidate, err := x509.ParseCertificate(der)
		if err != nil || !id.isOf(candidate) || candidate.Equal(issuer) {
			continue
		}
		if err := mayRespond(candidate, issuer, now); err != nil {
			cause = err
			continue
		}
		if candidate.CheckSignature(b.algorithm, b.signed, b.signature) != nil {
			cause = errUnsigned
			continue
		}
		return candidate, nil
	}
	return nil, cause
}

// mayRespond is whether issuer has given candidate the right to answer for it.
func mayRespond(candidate, issuer *x509.Certificate, now time.Time) error {
	// Directly: a certificate from an authority below, or from a sibling, is not the issuer's word.
	if !bytes.Equal(candidate.RawIssuer, issuer.RawSubject) || candidate.CheckSignatureFrom(issuer) != nil {
		return errDelegate
	}
	// anyExtendedKeyUsage is not enough: RFC 6960 section 4.2.2.2 wants the very purpose.
	if !slices.Contains(candidate.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
		return errPurpose
	}
	// An authority below that was given this purpose by mistake, as hundreds of public ones were in 2020, could take back the
	// revocation of itself.
	if candidate.IsCA {
		return errPurpose
	}
	if hasExtension(candidate, oidKeyUsage) && candidate.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return errPurpose // RFC 5280 section 4.2.1.12: purpose and usage must both allow it
	}
	if len(candidate.UnhandledCriticalExtensions) > 0 {
		return errCritical
	}
	if now.Before(candidate.NotBefore) || now.After(candidate.NotAfter) {
		return errResponderTime
	}
	return nil
}

// isUnchecked is whether the responder's certificate could itself have been revoked: the issuer has not said by
// id-pkix-ocsp-nocheck that one need not ask (RFC 6960 section 4.2.2.2.1).
func isUnchecked(responder, issuer *x509.Certificate) bool {
	return !responder.Equal(issuer) && !hasExtension(responder, oidNoCheck)
}

func hasExtension(certificate *x509.Certificate, id asn1.ObjectIdentifier) bool {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(id) {
			return true
		}
	}
	return false
}
