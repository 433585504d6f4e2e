package cms

import (
	"crypto"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// pssParameters writes RSASSA-PSS-params (RFC 4055 §3.1) with a salt as long as the digest, which RFC 4056 §3 asks for and
// key modules insist on. Its digests have NULL (RFC 4055 §2.1); trailerField has its default, which DER leaves out.
func pssParameters(d digestRow) ([]byte, error) {
	digest := algorithm{d.oid, derNull}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(0), digest.add)
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				digest.add(b)
			})
		})
		b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(d.hash.Size())) })
	})
	return b.Bytes()
}

func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// pssSalt reads RSASSA-PSS-params and gives the salt length; the digest of the signature and of MGF1 must both be d. A field
// that is absent means SHA-1, or a salt of 20.
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
			return v.ReadASN1(&inner, cbasn1.SEQUENCE) && inner.ReadASN1ObjectIdentifier(&oid) && oid.Equal(oidMGF1) &&
				readDigest(&inner, &mgf) && inner.Empty()
		},
		func(v *cryptobyte.String) bool { return v.ReadASN1Integer(&salt) },
		func(v *cryptobyte.String) bool { return v.ReadASN1Integer(&trailer) },
	} {
		var value cryptobyte.String
		var present bool
		if !params.ReadOptionalASN1(&value, &present, explicit(uint8(tag))) || (present && (!read(&value) || !value.Empty())) {
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
