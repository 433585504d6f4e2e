package ocsp

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxCertificates in one answer are taken: the responder's own, and sometimes the chain above it, which has three.
const maxCertificates = 8

var oidBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}

// statusNames are OCSPResponseStatus (RFC 6960 section 4.2.1), for the log. "unauthorized" is also how a responder with
// answers made in advance says that it has none for this certificate (RFC 5019 section 2.2.3).
var statusNames = map[int]string{
	1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized",
}

// basicResponse is BasicOCSPResponse (RFC 6960 section 4.2.1), taken apart and not yet believed.
type basicResponse struct {
	signed       cryptobyte.String // tbsResponseData, tag and length included: exactly the bytes under the signature
	algorithm    x509.SignatureAlgorithm
	signature    []byte
	certificates []cryptobyte.String // DER, unread
}

// readResponse reads OCSPResponse down to what is signed. DER is asked for to the last byte: nothing may hide behind an end.
func readResponse(der []byte) (basicResponse, error) {
	input := cryptobyte.String(der)
	var outer, explicit, bytes, inner, body cryptobyte.String
	var status int
	var id asn1.ObjectIdentifier
	if !input.ReadASN1(&outer, cbasn1.SEQUENCE) || !input.Empty() || !outer.ReadASN1Enum(&status) {
		return basicResponse{}, errMalformed
	}
	if status != 0 {
		return basicResponse{}, fmt.Errorf("%w: %s (%d)", errRefused, statusNames[status], status)
	}
	if !outer.ReadASN1(&explicit, explicitTag(0)) || !outer.Empty() ||
		!explicit.ReadASN1(&bytes, cbasn1.SEQUENCE) || !explicit.Empty() || !bytes.ReadASN1ObjectIdentifier(&id) {
		return basicResponse{}, errMalformed
	}
	if !id.Equal(oidBasic) {
		return basicResponse{}, errNotBasic
	}
	if !bytes.ReadASN1(&inner, cbasn1.OCTET_STRING) || !bytes.Empty() || !inner.ReadASN1(&body, cbasn1.SEQUENCE) || !inner.Empty() {
		return basicResponse{}, errMalformed
	}
	return readBasic(body)
}

func readBasic(body cryptobyte.String) (basicResponse, error) {
	var read basicResponse
	var explicit, list cryptobyte.String
	var some bool
	if !body.ReadASN1Element(&read.signed, cbasn1.SEQUENCE) {
		return basicResponse{}, errMalformed
	}
	var err error
	if read.algorithm, err = readSignatureAlgorithm(&body); err != nil {
		return basicResponse{}, err
	}
	if !body.ReadASN1BitStringAsBytes(&read.signature) ||
		!body.ReadOptionalASN1(&explicit, &some, explicitTag(0)) || !body.Empty() {
		return basicResponse{}, errMalformed
	}
	if some && (!explicit.ReadASN1(&list, cbasn1.SEQUENCE) || !explicit.Empty()) {
		return basicResponse{}, errMalformed
	}
	for !list.Empty() {
		var certificate cryptobyte.String
		if !list.ReadASN1Element(&certificate, cbasn1.SEQUENCE) || len(read.certificates) == maxCertificates {
			return basicResponse{}, errMalformed
		}
		read.certificates = append(read.certificates, certificate)
	}
	return read, nil
}

// explicitTag is [number] EXPLICIT, or [number] IMPLICIT of something constructed.
func explicitTag(number uint8) cbasn1.Tag { return cbasn1.Tag(number).Constructed().ContextSpecific() }
