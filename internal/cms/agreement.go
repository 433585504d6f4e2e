package cms

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/keywrap"
)

// agreementRow is one key agreement scheme: ECDH, then a KDF with this digest, X9.63 (RFC 5753 §7.1.4) or HKDF (RFC 8418 §2.2).
type agreementRow struct {
	hash          crypto.Hash
	std, cofactor asn1.ObjectIdentifier // the same on curves with cofactor 1, which all NIST curves are
	hkdf          bool
}

// agreementRows holds SHA-1 for reading only: it is what Apple Mail writes and what openssl 3 writes unless told otherwise.
// In a KDF it has none of the weakness that it has in a signature.
var agreementRows = []agreementRow{
	{crypto.SHA256, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 1}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 1}, false},
	{crypto.SHA384, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 2}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 2}, false},
	{crypto.SHA512, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 3}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 3}, false},
	{crypto.SHA224, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 0}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 0}, false},
	{crypto.SHA1, asn1.ObjectIdentifier{1, 3, 133, 16, 840, 63, 0, 2}, asn1.ObjectIdentifier{1, 3, 133, 16, 840, 63, 0, 3}, false},
	{crypto.SHA256, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 19}, nil, true},
	{crypto.SHA384, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 20}, nil, true},
	{crypto.SHA512, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 21}, nil, true},
}

func agreementByOID(oid asn1.ObjectIdentifier) (agreementRow, bool) {
	for _, row := range agreementRows {
		if row.std.Equal(oid) || row.cofactor.Equal(oid) {
			return row, true
		}
	}
	return agreementRow{}, false
}

// agreementFor is the scheme to write for a key: on the NIST curves the digest grows with the curve (RFC 5753 §8, RFC 6318
// §4); X25519 goes with HKDF and SHA-256 (RFC 8551 §2.3).
func agreementFor(key crypto.PublicKey) (agreementRow, error) {
	name := curveName(key)
	hash := map[string]crypto.Hash{"P-256": crypto.SHA256, "P-384": crypto.SHA384, "P-521": crypto.SHA512, "X25519": crypto.SHA256}[name]
	for _, row := range agreementRows {
		if row.hash == hash && row.hkdf == (name == "X25519") {
			return row, nil
		}
	}
	return agreementRow{}, fmt.Errorf("%w: elliptic curve", ErrUnsupported)
}

// curveName is "" for keys that no key is agreed on with.
func curveName(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name
	case *ecdh.PublicKey:
		if key.Curve() == ecdh.X25519() {
			return "X25519"
		}
	}
	return ""
}

func ecdhKey(key crypto.PublicKey) (*ecdh.PublicKey, error) {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return key.ECDH()
	case *ecdh.PublicKey:
		return key, nil
	}
	return nil, fmt.Errorf("%w: key type", ErrUnsupported)
}

// wrapOID is AES key wrap (RFC 3565 §2.3.2) by the size of its key.
var wrapOID = map[int]asn1.ObjectIdentifier{
	16: {2, 16, 840, 1, 101, 3, 4, 1, 5},
	24: {2, 16, 840, 1, 101, 3, 4, 1, 25},
	32: {2, 16, 840, 1, 101, 3, 4, 1, 45},
}

func wrapSize(oid asn1.ObjectIdentifier) (int, bool) {
	for size, o := range wrapOID {
		if o.Equal(oid) {
			return size, true
		}
	}
	return 0, false
}

// keyEncryptionKey derives one from the shared secret and the ECC-CMS-SharedInfo of RFC 5753 §7.2. keyInfo is the key wrap's
// AlgorithmIdentifier exactly as it stands in the message, parameters and all. With HKDF, ukm is the salt as well (RFC 8418
// §2.2).
func (row agreementRow) keyEncryptionKey(secret, keyInfo, ukm []byte, size int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(keyInfo)
		if ukm != nil {
			b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(ukm) })
		}
		b.AddASN1(cbasn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddUint32(uint32(size * 8)) })
		})
	})
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	if row.hkdf {
		return keywrap.HKDF(row.hash, secret, ukm, info, size)
	}
	return keywrap.X963(row.hash, secret, info, size), nil
}
