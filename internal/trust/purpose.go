package trust

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

const (
	// minRSABits: RFC 8550 section 4.3 has receivers refuse shorter keys, and 112-bit strength (NIST SP 800-57) starts here.
	minRSABits = 2048
	// maxRSABits: encrypting to a longer key costs us more than the certificate costs its maker; no authority issues one.
	maxRSABits = 16384
	// maxIssuerRSABits: crypto/tls takes no longer key to check a signature with, and authorities in use have 4096.
	maxIssuerRSABits = 8192
)

var (
	oidKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidExtKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// judgeKey is OK for keys that package cms can seal to and that are worth sealing to; for a signer's, that it can verify by.
func judgeKey(certificate *x509.Certificate, signing bool) Code {
	switch key := certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		// An even modulus or exponent is no RSA key, and an exponent of 1 would send the content key in clear.
		if bits < minRSABits || bits > maxRSABits || key.N.Bit(0) == 0 || key.E < 3 || key.E%2 == 0 {
			return WeakKey
		}
		return OK
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521(): // RFC 5753 section 8; what mail clients know
			return OK
		}
	case ed25519.PublicKey:
		if signing { // RFC 8551 section 2.2
			return OK
		}
	}
	return UnsupportedKey
}

// weak is whether the certificate's key is too short to believe what it signs: an authority's is worth more to a thief than any
// that it issues for.
func weak(certificate *x509.Certificate) bool {
	key, isRSA := certificate.PublicKey.(*rsa.PublicKey)
	return isRSA && key.N.BitLen() < minRSABits
}

// costly is whether the key of an issuer that a stranger suggests takes too long to check one signature with: one of 262144
// bits takes seconds, crypto/x509 checks up to a hundred on its way to a root, and no deadline stops it.
func costly(issuer *x509.Certificate) bool {
	key, isRSA := issuer.PublicKey.(*rsa.PublicKey)
	return isRSA && key.N.BitLen() > maxIssuerRSABits
}

// judgeUsage reads key usage and extended key usage. Both may be absent: OCES3 certificates have no extended key usage,
// and RFC 8550 section 4.4.4 takes absence as "any".
func judgeUsage(certificate *x509.Certificate, signing bool) Code {
	if certificate.IsCA {
		return WrongUsage // a certificate of an authority is nobody's mailbox
	}
	if hasExtension(certificate, oidKeyUsage) {
		needed := x509.KeyUsageKeyEncipherment // RFC 5280 section 4.2.1.3: RSA key transport
		_, isEC := certificate.PublicKey.(*ecdsa.PublicKey)
		switch {
		case signing:
			needed = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment // RFC 8550 section 4.4.2: either
		case isEC:
			needed = x509.KeyUsageKeyAgreement // RFC 5753 section 7
		}
		if certificate.KeyUsage&needed == 0 || !signing && certificate.KeyUsage&x509.KeyUsageDecipherOnly != 0 {
			return WrongUsage
		}
	}
	if !forMail(certificate) {
		return WrongUsage
	}
	return OK
}

// forMail is whether extended key usage allows mail: absent, emailProtection, or any (RFC 8550 section 4.4.4).
func forMail(certificate *x509.Certificate) bool {
	if !hasExtension(certificate, oidExtKeyUsage) {
		return true
	}
	return slices.Contains(certificate.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) ||
		slices.Contains(certificate.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// strongSignature leaves out SHA-1 and MD5 (RFC 8550 section 4.3), DSA, and everything unknown to crypto/x509.
func strongSignature(algorithm x509.SignatureAlgorithm) bool {
	switch algorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
		return true
	}
	return false
}

func hasExtension(certificate *x509.Certificate, id asn1.ObjectIdentifier) bool {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(id) {
			return true
		}
	}
	return false
}
