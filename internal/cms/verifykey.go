package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func checkRSA(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
		return fmt.Errorf("%w: RSA key of %d bits", ErrUnsupported, bits)
	}
	return nil
}

// scheme is how the signature was made, in words; "" where it is not known here or does not go with the digest.
func schemeName(a algorithm, d digestRow) string {
	switch {
	case a.oid.Equal(oidRSA), a.oid.Equal(d.rsa):
		return "RSA PKCS #1 v1.5"
	case a.oid.Equal(oidPSS):
		return "RSA-PSS"
	case a.oid.Equal(d.ecdsa):
		return "ECDSA"
	}
	return ""
}

// verifies checks one signature over a digest. The algorithm must name the same digest as the signer did, or a weaker one
// could be slipped in.
func verifies(public crypto.PublicKey, a algorithm, d digestRow, sum, signature []byte) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() > MaxRSABits {
			return false
		}
		switch schemeName(a, d) {
		case "RSA PKCS #1 v1.5":
			return rsa.VerifyPKCS1v15(key, d.hash, sum, signature) == nil
		case "RSA-PSS":
			salt, ok := pssSalt(a.parameters, d)
			return ok && rsa.VerifyPSS(key, d.hash, sum, signature, &rsa.PSSOptions{SaltLength: salt, Hash: d.hash}) == nil
		}
	case *ecdsa.PublicKey:
		return schemeName(a, d) == "ECDSA" && ecdsa.VerifyASN1(key, sum, signature)
	}
	return false
}

// pssSalt reads RSASSA-PSS-params (RFC 4055 §3.1) and gives the salt length; the digest of the signature and of MGF1
// must both be d. A field that is absent means SHA-1, or a salt of 20.
func pssSalt(der []byte, d digestRow) (int, bool) {
	s := cryptobyte.String(der)
	var params cryptobyte.String
	if !s.ReadASN1(&params, cbasn1.SEQUENCE) || !s.Empty() {
		return 0, false
	}
	sha1, _ := digestByHash(crypto.SHA1)
	digest, mgf, salt, trailer := sha1.oid, sha1.oid, 20, 1
	for tag, read := range []func(*cryptobyte.String) bool{
		func(v *cryptobyte.String) bool { return readDigest(v, &digest) },
		func(v *cryptobyte.String) bool {
			var inner cryptobyte.String
			var oid asn1.ObjectIdentifier
			return v.ReadASN1(&inner, cbasn1.SEQUENCE) && inner.ReadASN1ObjectIdentifier(&oid) && oid.Equal(oidMGF1) && readDigest(&inner, &mgf)
		},
		func(v *cryptobyte.String) bool { return v.ReadASN1Integer(&salt) },
		func(v *cryptobyte.String) bool { return v.ReadASN1Integer(&trailer) },
	} {
		var value cryptobyte.String
		var present bool
		if !params.ReadOptionalASN1(&value, &present, cbasn1.Tag(tag).ContextSpecific().Constructed()) || (present && (!read(&value) || !value.Empty())) {
			return 0, false
		}
	}
	if !params.Empty() || !digest.Equal(d.oid) || !mgf.Equal(d.oid) || trailer != 1 || salt < 0 || salt > MaxRSABits/8 {
		return 0, false
	}
	if salt == 0 {
		// crypto/rsa takes 0 as "any length": PSSSaltLengthAuto. A message without salt is only ever as old as PKCS #1 v1.5.
		return 0, false
	}
	return salt, true
}

func readDigest(s *cryptobyte.String, oid *asn1.ObjectIdentifier) bool {
	a, ok := readAlgorithm(s)
	*oid = a.oid
	return ok
}
