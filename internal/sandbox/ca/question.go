package ca

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// maxAsked is how many certificates one request may ask about. Nearly all ask about one; openssl can be told to ask more.
	maxAsked = 16
	// maxNonce is RFC 9654 section 2.1: a nonce has 1 to 128 octets, and a request with another must be refused.
	maxNonce = 128
)

var (
	oidNonce  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	oidSHA1   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}

	errQuestion = errors.New("not an OCSP request")
)

// question is an OCSP request, reduced to what is answered.
type question struct {
	certificates []certID
	nonce        []byte // the extension's value, to be given back as it came; nil where there is none
}

// certID names one certificate.
type certID struct {
	raw               []byte // as it came: the answer repeats it (RFC 6960 section 4.2.1)
	hash              crypto.Hash
	nameHash, keyHash []byte
	serial            *big.Int
}

// parseQuestion reads an OCSPRequest (RFC 6960 section 4.1.1). Who asks, and a signature that proves it, are of no interest.
func parseQuestion(request []byte) (*question, error) {
	input := cryptobyte.String(request)
	var outer, tbs, list cryptobyte.String
	if !input.ReadASN1(&outer, der.SEQUENCE) || !input.Empty() ||
		!outer.ReadASN1(&tbs, der.SEQUENCE) || !outer.SkipOptionalASN1(explicit(0)) || !outer.Empty() ||
		!tbs.SkipOptionalASN1(explicit(0)) || !tbs.SkipOptionalASN1(explicit(1)) || !tbs.ReadASN1(&list, der.SEQUENCE) {
		return nil, errQuestion
	}
	q := &question{}
	for !list.Empty() {
		var one cryptobyte.String
		if !list.ReadASN1(&one, der.SEQUENCE) || len(q.certificates) == maxAsked {
			return nil, errQuestion
		}
		id, ok := readCertID(&one)
		if !ok || !one.SkipOptionalASN1(explicit(0)) || !one.Empty() {
			return nil, errQuestion
		}
		q.certificates = append(q.certificates, id)
	}
	var extensions cryptobyte.String
	var extended bool
	if len(q.certificates) == 0 || !tbs.ReadOptionalASN1(&extensions, &extended, explicit(2)) || !tbs.Empty() {
		return nil, errQuestion
	}
	if extended && !q.readExtensions(extensions) {
		return nil, errQuestion
	}
	return q, nil
}

// readCertID reads CertID (RFC 6960 section 4.1.1). An unknown hash is no fault: it names an issuer that is not ours.
func readCertID(from *cryptobyte.String) (certID, bool) {
	var raw, fields, algorithm, parameters cryptobyte.String
	var hash asn1.ObjectIdentifier
	id := certID{serial: new(big.Int)}
	if !from.ReadASN1Element(&raw, der.SEQUENCE) {
		return id, false
	}
	id.raw = raw
	ok := raw.ReadASN1(&fields, der.SEQUENCE) &&
		fields.ReadASN1(&algorithm, der.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&hash) &&
		(algorithm.Empty() || algorithm.ReadAnyASN1Element(&parameters, nil) && algorithm.Empty()) &&
		fields.ReadASN1Bytes(&id.nameHash, der.OCTET_STRING) && fields.ReadASN1Bytes(&id.keyHash, der.OCTET_STRING) &&
		fields.ReadASN1Integer(id.serial) && fields.Empty()
	switch {
	case hash.Equal(oidSHA1): // RFC 5019 section 2.1.1 has clients use it, and it names an issuer, no more
		id.hash = crypto.SHA1
	case hash.Equal(oidSHA256):
		id.hash = crypto.SHA256
	case hash.Equal(oidSHA384):
		id.hash = crypto.SHA384
	case hash.Equal(oidSHA512):
		id.hash = crypto.SHA512
	}
	return id, ok
}

// readExtensions looks for a nonce. Every other extension is passed over, as RFC 6960 section 4.4 lets a responder do.
func (q *question) readExtensions(extensions cryptobyte.String) bool {
	var list cryptobyte.String
	if !extensions.ReadASN1(&list, der.SEQUENCE) || !extensions.Empty() {
		return false
	}
	for !list.Empty() {
		var one, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !list.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&oid) || !one.SkipOptionalASN1(der.BOOLEAN) ||
			!one.ReadASN1(&value, der.OCTET_STRING) || !one.Empty() {
			return false
		}
		if !oid.Equal(oidNonce) {
			continue
		}
		whole := []byte(value)
		var nonce cryptobyte.String
		if q.nonce != nil || !value.ReadASN1(&nonce, der.OCTET_STRING) || !value.Empty() || len(nonce) == 0 || len(nonce) > maxNonce {
			return false
		}
		q.nonce = whole
	}
	return true
}

// by is whether issuer is the one that the name means.
func (id certID) by(issuer *x509.Certificate) bool {
	if !id.hash.Available() {
		return false
	}
	digest := func(of []byte) []byte {
		h := id.hash.New()
		h.Write(of)
		return h.Sum(nil)
	}
	return bytes.Equal(id.nameHash, digest(issuer.RawSubject)) && bytes.Equal(id.keyHash, digest(publicKey(issuer)))
}

// publicKey is the value of the BIT STRING that holds the key: what keys are known by in OCSP (RFC 6960 section 4.1.1).
func publicKey(of *x509.Certificate) []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(of.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil
	}
	return info.Key.Bytes
}

func explicit(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }
