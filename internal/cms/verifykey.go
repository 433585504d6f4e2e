package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
)

func checkRSA(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
		return fmt.Errorf("%w: RSA key of %d bits", ErrUnsupported, bits)
	}
	return nil
}

// signatureScheme is how a signature is made. The zero value is one that is not known here.
type signatureScheme int

const (
	schemePKCS1v15 signatureScheme = iota + 1
	schemePSS
	schemeECDSA
	schemeEd25519
)

// schemeOf reads signatureAlgorithm. One that names a digest must name the signer's (RFC 5754 §3), or a weaker one could be
// slipped in; for Ed25519 the signer's must be SHA-512 (RFC 8419 §3.1).
func schemeOf(a algorithm, d digestRow) signatureScheme {
	switch {
	case a.oid.Equal(oidRSA), a.oid.Equal(d.rsa):
		return schemePKCS1v15
	case a.oid.Equal(oidPSS):
		return schemePSS
	case a.oid.Equal(d.ecdsa):
		return schemeECDSA
	case a.oid.Equal(oidEd25519) && d.hash == crypto.SHA512:
		return schemeEd25519
	}
	return 0
}

// words is the scheme and its digest for people; "" where it is not known.
func (s signatureScheme) words(d digestRow) string {
	switch s {
	case schemePKCS1v15:
		return d.hash.String() + ", RSA PKCS #1 v1.5"
	case schemePSS:
		return d.hash.String() + ", RSA-PSS"
	case schemeECDSA:
		return d.hash.String() + ", ECDSA"
	case schemeEd25519:
		return "Ed25519" // which leaves no choice of digest
	}
	return ""
}

// verifiable reports whether verifies knows this kind of key. It does not know DSA, nor an RSA key whose certificate
// restricts it to PSS, which crypto/x509 does not read.
func verifiable(public crypto.PublicKey) bool {
	switch public.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// verifies checks one signature over a message.
func verifies(public crypto.PublicKey, a algorithm, d digestRow, message, signature []byte) bool {
	scheme := schemeOf(a, d)
	if key, ok := public.(ed25519.PublicKey); ok {
		// RFC 8419 §3.1: PureEdDSA, over the attributes and not over a digest of them.
		return scheme == schemeEd25519 && len(a.parameters) == 0 && ed25519.Verify(key, message, signature)
	}
	h := d.hash.New()
	h.Write(message)
	sum := h.Sum(nil)
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() > MaxRSABits {
			return false
		}
		if scheme == schemePSS {
			salt, ok := pssSalt(a.parameters, d)
			return ok && rsa.VerifyPSS(key, d.hash, sum, signature, &rsa.PSSOptions{SaltLength: salt, Hash: d.hash}) == nil
		}
		return scheme == schemePKCS1v15 && rsa.VerifyPKCS1v15(key, d.hash, sum, signature) == nil
	case *ecdsa.PublicKey:
		return scheme == schemeECDSA && ecdsa.VerifyASN1(key, sum, signature)
	}
	return false
}
