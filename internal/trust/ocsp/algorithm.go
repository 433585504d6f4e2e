package ocsp

import (
	"crypto"
	_ "crypto/sha1" // for CertID and ResponderID alone, which find things and prove nothing
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidSHA1 = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10} // RFC 4055 section 3.1
	oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}

	// hashRows are the digests of a CertID, and what a PSS signature with each is called. SHA-1 has no such name: it
	// verifies nothing here.
	hashRows = []struct {
		id   asn1.ObjectIdentifier
		hash crypto.Hash
		pss  x509.SignatureAlgorithm
	}{
		{oidSHA1, crypto.SHA1, x509.UnknownSignatureAlgorithm},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256, x509.SHA256WithRSAPSS},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384, x509.SHA384WithRSAPSS},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512, x509.SHA512WithRSAPSS},
	}

	// signatureRows are the algorithms that are named whole; what is not here, SHA-1 and MD5 first, is refused.
	signatureRows = []struct {
		id       asn1.ObjectIdentifier
		name     x509.SignatureAlgorithm
		mayBeNil bool // parameters NULL, as RFC 4055 section 5 has it for RSA; the others have none (RFC 5758, RFC 8410)
	}{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, x509.SHA256WithRSA, true},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, x509.SHA384WithRSA, true},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, x509.SHA512WithRSA, true},
		{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, x509.ECDSAWithSHA256, false},
		{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, x509.ECDSAWithSHA384, false},
		{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, x509.ECDSAWithSHA512, false},
		{asn1.ObjectIdentifier{1, 3, 101, 112}, x509.PureEd25519, false},
	}
)

// readAlgorithm reads AlgorithmIdentifier: at most one element of parameters, which stays as it is.
func readAlgorithm(from *cryptobyte.String) (id asn1.ObjectIdentifier, parameters cryptobyte.String, ok bool) {
	var body cryptobyte.String
	if !from.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&id) {
		return nil, nil, false
	}
	if !body.Empty() && !body.ReadAnyASN1Element(&parameters, new(cbasn1.Tag)) {
		return nil, nil, false
	}
	return id, parameters, body.Empty()
}

// readSignatureAlgorithm gives the name under which crypto/x509 verifies; there is none for what is too weak.
func readSignatureAlgorithm(from *cryptobyte.String) (x509.SignatureAlgorithm, error) {
	id, parameters, ok := readAlgorithm(from)
	if !ok {
		return 0, errMalformed
	}
	if id.Equal(oidPSS) {
		if name := pss(parameters); name != x509.UnknownSignatureAlgorithm {
			return name, nil
		}
		return 0, errAlgorithm
	}
	for _, row := range signatureRows {
		if row.id.Equal(id) && (parameters.Empty() || row.mayBeNil && isNull(parameters)) {
			return row.name, nil
		}
	}
	return 0, errAlgorithm
}

// pss reads RSASSA-PSS-params (RFC 4055 section 3.1). The one hash is for message and mask, and the salt is as long as it:
// crypto/x509 verifies no other, and RFC 8017 section 8.1 advises the one hash. The defaults, of fields left out, are SHA-1.
func pss(parameters cryptobyte.String) x509.SignatureAlgorithm {
	var body, hash, mask, salt, trailer cryptobyte.String
	var trailed bool
	tag := func(number uint8) cbasn1.Tag { return cbasn1.Tag(number).Constructed().ContextSpecific() }
	if !parameters.ReadASN1(&body, cbasn1.SEQUENCE) || !parameters.Empty() ||
		!body.ReadASN1(&hash, tag(0)) || !body.ReadASN1(&mask, tag(1)) || !body.ReadASN1(&salt, tag(2)) ||
		!body.ReadOptionalASN1(&trailer, &trailed, tag(3)) || !body.Empty() {
		return x509.UnknownSignatureAlgorithm
	}
	row, ok := readHash(&hash)
	if !ok || !hash.Empty() {
		return x509.UnknownSignatureAlgorithm
	}
	id, inner, ok := readAlgorithm(&mask)
	if !ok || !mask.Empty() || !id.Equal(oidMGF1) {
		return x509.UnknownSignatureAlgorithm
	}
	if masked, ok := readHash(&inner); !ok || !inner.Empty() || masked != row {
		return x509.UnknownSignatureAlgorithm
	}
	var length, last int
	if !salt.ReadASN1Integer(&length) || !salt.Empty() || length != hashRows[row].hash.Size() {
		return x509.UnknownSignatureAlgorithm
	}
	if trailed && (!trailer.ReadASN1Integer(&last) || !trailer.Empty() || last != 1) {
		return x509.UnknownSignatureAlgorithm
	}
	return hashRows[row].pss
}

// readHash gives the place in hashRows of the digest named. Parameters are NULL or absent, and both must be taken (RFC 4055
// section 2.1).
func readHash(from *cryptobyte.String) (row int, ok bool) {
	id, parameters, ok := readAlgorithm(from)
	if !ok || !parameters.Empty() && !isNull(parameters) {
		return 0, false
	}
	for i := range hashRows {
		if hashRows[i].id.Equal(id) {
			return i, true
		}
	}
	return 0, false
}

func isNull(element cryptobyte.String) bool {
	return len(element) == 2 && element[0] == byte(cbasn1.NULL) && element[1] == 0
}

func digest(hash crypto.Hash, parts ...[]byte) []byte {
	h := hash.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}
