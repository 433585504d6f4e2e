package cms

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

// attributeSet is the values of each attribute by its object identifier.
type attributeSet map[string]cryptobyte.String

// readAttributes refuses an attribute that is there twice: two readers could each believe another one (RFC 5652 §11 says
// "MUST NOT include multiple instances" for each that matters here).
func readAttributes(element cryptobyte.String) (attributeSet, bool) {
	var all cryptobyte.String
	if !element.ReadASN1(&all, tagContext0.Constructed()) || all.Empty() {
		return nil, false
	}
	set := make(attributeSet)
	for !all.Empty() {
		var one, values cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !all.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&oid) ||
			!one.ReadASN1(&values, cbasn1.SET) || !one.Empty() || len(set) == maxAttributes {
			return nil, false
		}
		if _, twice := set[oid.String()]; twice {
			return nil, false
		}
		set[oid.String()] = values
	}
	return set, true
}

// signedForms is what the signature may be over: the attributes as SET OF and not as the [0] that stands in the message
// (RFC 5652 §5.4). Both that section and §5.3 ask for DER, so for one order. Where the members stand in another, some sign
// what they wrote (OpenSSL verifies that), and some the order of DER (NSS and BouncyCastle verify that): the signer meant
// the same attributes either way.
func signedForms(element cryptobyte.String) [][]byte {
	asWritten := append([]byte{ber.IDSet}, element[1:]...)
	var all cryptobyte.String
	if !element.ReadASN1(&all, tagContext0.Constructed()) {
		return nil
	}
	var members [][]byte
	for !all.Empty() {
		var one cryptobyte.String
		if !all.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return nil
		}
		members = append(members, one)
	}
	if slices.IsSortedFunc(members, bytes.Compare) {
		return [][]byte{asWritten}
	}
	slices.SortFunc(members, bytes.Compare)
	head := len(asWritten) - len(bytes.Join(members, nil))
	return [][]byte{asWritten, slices.Concat(append([][]byte{asWritten[:head]}, members...)...)}
}

// single is the one value of an attribute that must not have more (RFC 5652 §11, RFC 8551 §2.5). Where it is absent, empty
// or has several there is none: nil, which nothing can be read from.
func (a attributeSet) single(oid asn1.ObjectIdentifier) cryptobyte.String {
	values := a[oid.String()]
	var value cryptobyte.String
	if !values.ReadAnyASN1Element(&value, new(cbasn1.Tag)) || !values.Empty() {
		return nil
	}
	return value
}

// cover reports whether the attributes speak of this content: its type and its digest.
func (a attributeSet) cover(contentType asn1.ObjectIdentifier, sum []byte) bool {
	types, digests := a.single(oidContentType), a.single(oidMessageDigest)
	var oid asn1.ObjectIdentifier
	var digest cryptobyte.String
	return types.ReadASN1ObjectIdentifier(&oid) && oid.Equal(contentType) &&
		digests.ReadASN1(&digest, cbasn1.OCTET_STRING) &&
		subtle.ConstantTimeCompare(digest, sum) == 1
}

// allow reports whether the attributes that name the signer's certificate mean this one. Who signed with a key for which
// there are several certificates meant one of them, so each attribute that is present must agree. SigningCertificate of
// old mail knows SHA-1 alone, but another certificate that fits would have to be a second preimage, which nobody can make.
func (a attributeSet) allow(c *x509.Certificate) bool {
	return a.names(oidSigningCertificateV2, crypto.SHA256, c) && a.names(oidSigningCertificate, crypto.SHA1, c)
}

// names reads SigningCertificateV2 (RFC 5035 §3) or SigningCertificate (RFC 2634 §5.4), whose first entry is the signer's.
// Only the former may name another digest than its default.
func (a attributeSet) names(attribute asn1.ObjectIdentifier, digest crypto.Hash, c *x509.Certificate) bool {
	if _, present := a[attribute.String()]; !present {
		return true
	}
	value := a.single(attribute)
	var outer, ids, id, sum cryptobyte.String
	if !value.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1(&ids, cbasn1.SEQUENCE) || !ids.ReadASN1(&id, cbasn1.SEQUENCE) {
		return false
	}
	if id.PeekASN1Tag(cbasn1.SEQUENCE) {
		named, ok := readAlgorithm(&id)
		row, known := digestByOID(named.oid)
		if !ok || !known || attribute.Equal(oidSigningCertificate) {
			return false
		}
		digest = row.hash
	}
	if !id.ReadASN1(&sum, cbasn1.OCTET_STRING) {
		return false
	}
	h := digest.New()
	h.Write(c.Raw)
	return subtle.ConstantTimeCompare(sum, h.Sum(nil)) == 1
}

// time is the signingTime, UTCTime or GeneralizedTime (RFC 8551 §2.5.1); zero where absent or unreadable.
func (a attributeSet) time() time.Time {
	value := a.single(oidSigningTime)
	var t time.Time
	if value.PeekASN1Tag(cbasn1.UTCTime) {
		value.ReadASN1UTCTime(&t)
	} else {
		value.ReadASN1GeneralizedTime(&t)
	}
	return t
}

// capabilities is SMIMECapabilities; nil where absent or unreadable.
func (a attributeSet) capabilities() Capabilities {
	list, err := ParseCapabilities(a.single(oidCapabilities))
	if err != nil {
		return nil
	}
	return list
}

// encryptTo is what SMIMEEncryptionKeyPreference (RFC 8551 §2.5.3) points at; false where absent or unreadable.
func (a attributeSet) encryptTo() (id identifier, ok bool) {
	value := a.single(oidEncrypKeyPref)
	var inner, ski cryptobyte.String
	switch {
	case value.PeekASN1Tag(explicit(0)): // IMPLICIT: IssuerAndSerialNumber but for its identifier octet
		sequence := slices.Clone(value)
		sequence[0] = ber.IDSequence
		return readIdentifier(&sequence)
	case value.PeekASN1Tag(explicit(1)): // RecipientKeyIdentifier; what stands behind the key identifier is for directories
		ok = value.ReadASN1(&inner, explicit(1)) && inner.ReadASN1(&ski, cbasn1.OCTET_STRING)
	default: // subjectAltKeyIdentifier
		ok = value.ReadASN1(&ski, cbasn1.Tag(2).ContextSpecific())
	}
	return identifier{ski: ski}, ok && len(ski) > 0
}
