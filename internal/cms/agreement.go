package cms

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// agreementRow is one key agreement scheme: ECDH, then the X9.63 KDF with this digest (RFC 5753 §7.1.4).
type agreementRow struct {
	hash          crypto.Hash
	std, cofactor asn1.ObjectIdentifier // the same on curves with cofactor 1, which all NIST curves are
}

// agreementRows holds SHA-1 for reading only: it is what Apple Mail writes and what openssl 3 writes unless told otherwise.
// In a KDF it has none of the weakness that it has in a signature.
var agreementRows = []agreementRow{
	{crypto.SHA256, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 1}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 1}},
	{crypto.SHA384, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 2}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 2}},
	{crypto.SHA512, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 3}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 3}},
	{crypto.SHA224, asn1.ObjectIdentifier{1, 3, 132, 1, 11, 0}, asn1.ObjectIdentifier{1, 3, 132, 1, 14, 0}},
	{crypto.SHA1, asn1.ObjectIdentifier{1, 3, 133, 16, 840, 63, 0, 2}, asn1.ObjectIdentifier{1, 3, 133, 16, 840, 63, 0, 3}},
}

func agreementByOID(oid asn1.ObjectIdentifier) (agreementRow, bool) {
	for _, row := range agreementRows {
		if row.std.Equal(oid) || row.cofactor.Equal(oid) {
			return row, true
		}
	}
	return agreementRow{}, false
}

// agreementFor is the scheme to write for a key: the digest grows with the curve (RFC 5753 §8, RFC 6318 §4).
func agreementFor(key *ecdsa.PublicKey) (agreementRow, error) {
	hash := map[string]crypto.Hash{"P-256": crypto.SHA256, "P-384": crypto.SHA384, "P-521": crypto.SHA512}[key.Curve.Params().Name]
	for _, row := range agreementRows {
		if row.hash == hash {
			return row, nil
		}
	}
	return agreementRow{}, fmt.Errorf("%w: elliptic curve", ErrUnsupported)
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

// keyEncryptionKey runs the X9.63 KDF (SEC 1 §3.6.1) over the shared secret and the ECC-CMS-SharedInfo of RFC 5753 §7.2.
// keyInfo is the key wrap's AlgorithmIdentifier exactly as it stands in the message, parameters and all.
func keyEncryptionKey(hash crypto.Hash, secret, keyInfo, ukm []byte, size int) ([]byte, error) {
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
	var out []byte
	for counter := uint32(1); len(out) < size; counter++ {
		h := hash.New()
		h.Write(secret)
		h.Write(binary.BigEndian.AppendUint32(nil, counter))
		h.Write(info)
		out = h.Sum(out)
	}
	return out[:size], nil
}
