package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oidSHA224 is for RSAES-OAEP alone: nobody signs mail with it.
var oidSHA224 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4}

// oaepParameters writes RSAES-OAEP-params (RFC 4055 §4.1) with one digest for label and MGF1, and no label. Both digests are
// said: who leaves the second out means MGF1 with SHA-1, whatever was meant.
func oaepParameters(hash crypto.Hash) ([]byte, error) {
	digest, _ := digestByHash(hash)
	named := algorithm{digest.oid, derNull} // RFC 4055 §2.1: NULL
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tagContext0.Constructed(), named.add)
		b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				named.add(b)
			})
		})
	})
	return b.Bytes()
}

// readOAEP reads them. A field that is absent means SHA-1, MGF1 with SHA-1, or an empty label; writers mix digests freely
// (Java's OAEPWithSHA-256AndMGF1Padding has SHA-1 in its MGF1).
func readOAEP(a algorithm) (*rsa.OAEPOptions, bool) {
	options := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	s := cryptobyte.String(a.parameters)
	var params cryptobyte.String
	if !a.oid.Equal(oidOAEP) || !s.ReadASN1(&params, cbasn1.SEQUENCE) || !s.Empty() {
		return nil, false
	}
	for tag, read := range []func(*cryptobyte.String) bool{
		func(v *cryptobyte.String) bool { return readOAEPDigest(v, &options.Hash) },
		func(v *cryptobyte.String) bool {
			mgf, ok := readAlgorithm(v)
			inner := cryptobyte.String(mgf.parameters)
			return ok && mgf.oid.Equal(oidMGF1) && readOAEPDigest(&inner, &options.MGFHash) && inner.Empty()
		},
		func(v *cryptobyte.String) bool {
			source, ok := readAlgorithm(v)
			inner := cryptobyte.String(source.parameters)
			var label cryptobyte.String
			ok = ok && source.oid.Equal(oidPSpecified) && inner.ReadASN1(&label, cbasn1.OCTET_STRING) && inner.Empty()
			options.Label = label
			return ok
		},
	} {
		var value cryptobyte.String
		var present bool
		if !params.ReadOptionalASN1(&value, &present, cbasn1.Tag(tag).ContextSpecific().Constructed()) || (present && (!read(&value) || !value.Empty())) {
			return nil, false
		}
	}
	return options, params.Empty()
}

func readOAEPDigest(s *cryptobyte.String, hash *crypto.Hash) bool {
	a, ok := readAlgorithm(s)
	if a.oid.Equal(oidSHA224) {
		*hash = crypto.SHA224
		return ok && a.bare()
	}
	digest, known := digestByOID(a.oid)
	*hash = digest.hash
	return ok && known && a.bare()
}

// bare reports whether there are no parameters, or the NULL that means the same (RFC 4055 §2.1).
func (a algorithm) bare() bool { return a.parameters == nil || bytes.Equal(a.parameters, derNull) }
