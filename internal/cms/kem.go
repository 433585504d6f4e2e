package cms

import (
	"crypto"
	"crypto/mlkem"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/keywrap"
)

// kdfRow is HKDF as an algorithm of its own (RFC 8619).
type kdfRow struct {
	hash crypto.Hash
	oid  asn1.ObjectIdentifier
}

var kdfRows = []kdfRow{
	{crypto.SHA256, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 28}},
	{crypto.SHA384, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 29}},
	{crypto.SHA512, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 30}},
}

// kemWrapSize: AES-256 key wrap is what everybody with ML-KEM-768 has (RFC 9936 §2.1), whatever the content cipher.
const kemWrapSize = 32

// isMLKEM768 looks at SubjectPublicKeyInfo (RFC 9935 §4), for crypto/x509 does not know such keys.
func isMLKEM768(c *x509.Certificate) (public []byte, ok bool) {
	s := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) {
		return nil, false
	}
	a, ok := readAlgorithm(&inner)
	return public, ok && a.oid.Equal(oidMLKEM768) && inner.ReadASN1BitStringAsBytes(&public)
}

func encapsulationKey(c *x509.Certificate) (*mlkem.EncapsulationKey768, error) {
	public, ok := isMLKEM768(c)
	if !ok {
		return nil, fmt.Errorf("%w: key type", ErrUnsupported)
	}
	key, err := mlkem.NewEncapsulationKey768(public)
	if err != nil {
		return nil, fmt.Errorf("%w: ML-KEM-768 key", ErrUnsupported)
	}
	return key, nil
}

// addKEM writes KEMRecipientInfo (RFC 9629 §3) with ML-KEM-768 (RFC 9936 §2.1).
func addKEM(b *cryptobyte.Builder, c *x509.Certificate, contentKey []byte) error {
	key, err := encapsulationKey(c)
	if err != nil {
		return err
	}
	var keyInfo cryptobyte.Builder
	algorithm{oid: wrapOID[kemWrapSize]}.add(&keyInfo)
	wrap, err := keyInfo.Bytes()
	if err != nil {
		return fmt.Errorf("cms: wrapping the content key: %w", err)
	}
	secret, ciphertext := key.Encapsulate()
	kek, err := kdfRows[0].keyEncryptionKey(secret, wrap, nil, kemWrapSize)
	if err != nil {
		return fmt.Errorf("cms: wrapping the content key: %w", err)
	}
	wrapped, err := keywrap.Wrap(kek, contentKey)
	if err != nil {
		return fmt.Errorf("cms: wrapping the content key: %w", err)
	}
	b.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidKEM)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(0)
			addIssuerAndSerial(b, cbasn1.SEQUENCE, c)
			algorithm{oid: oidMLKEM768}.add(b)
			b.AddASN1OctetString(ciphertext)
			algorithm{oid: kdfRows[0].oid}.add(b) // RFC 8619 §2: parameters MUST be absent
			b.AddASN1Int64(kemWrapSize)
			b.AddBytes(wrap)
			b.AddASN1OctetString(wrapped)
		})
	})
	return nil
}

// keyEncryptionKey derives one from the shared secret and CMSORIforKEMOtherInfo (RFC 9629 §5), without a salt (RFC 9936 §2.2.1).
func (row kdfRow) keyEncryptionKey(secret, wrap, ukm []byte, size int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(wrap)
		b.AddASN1Int64(int64(size))
		if ukm != nil {
			b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(ukm) })
		}
	})
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return keywrap.HKDF(row.hash, secret, nil, info, size)
}

// kem is KEMRecipientInfo, RFC 9629 §3.
type kem struct {
	to         identifier
	kem, kdf   algorithm
	ciphertext cryptobyte.String
	size       int               // of the key-encryption key, in octets
	ukm        cryptobyte.String // nil where absent
	wrap       cryptobyte.String // the whole AlgorithmIdentifier, as the KDF wants it
	encrypted  cryptobyte.String
}

func (i recipientInfo) kem() (k kem, ok bool) {
	oid, content, ok := i.otherType()
	var inner, ukm cryptobyte.String
	var version int
	if !ok || !oid.Equal(oidKEM) || !content.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1Integer(&version) || version != 0 {
		return k, false
	}
	if k.to, ok = readIdentifier(&inner); !ok {
		return k, false
	}
	if k.kem, ok = readAlgorithm(&inner); !ok || !inner.ReadASN1(&k.ciphertext, cbasn1.OCTET_STRING) {
		return k, false
	}
	if k.kdf, ok = readAlgorithm(&inner); !ok || !inner.ReadASN1Integer(&k.size) {
		return k, false
	}
	var hasUKM bool
	if !inner.ReadOptionalASN1(&ukm, &hasUKM, tagContext0.Constructed()) || (hasUKM && !ukm.ReadASN1(&k.ukm, cbasn1.OCTET_STRING)) {
		return k, false
	}
	return k, inner.ReadASN1Element(&k.wrap, cbasn1.SEQUENCE) && inner.ReadASN1(&k.encrypted, cbasn1.OCTET_STRING)
}

type decapsulator interface {
	Decapsulate(ciphertext []byte) ([]byte, error)
}

func findKEM(info recipientInfo, keys []Key) (recipient, bool) {
	entry, ok := info.kem()
	if !ok {
		return recipient{}, false
	}
	named := false
	for _, key := range keys {
		if !entry.to.names(key.Certificate) {
			continue
		}
		named = true
		row, known := entry.derivation()
		private, can := key.Private.(decapsulator)
		if _, isKEM := isMLKEM768(key.Certificate); !known || !can || !isKEM || !entry.kem.oid.Equal(oidMLKEM768) {
			continue
		}
		return recipient{key, "ML-KEM-768", func(contentKey []byte) (int, error) {
			secret, err := private.Decapsulate(entry.ciphertext)
			if err != nil { // another length than 1088; a wrong ciphertext gives another secret (FIPS 203 §6.3)
				return 0, notAsked(err)
			}
			kek, err := row.keyEncryptionKey(secret, entry.wrap, entry.ukm, entry.size)
			if err != nil {
				return 0, notAsked(err)
			}
			got, ok := keywrap.Unwrap(kek, entry.encrypted)
			return replaceKey(contentKey, got, ok), nil
		}}, true
	}
	return recipient{}, named
}

// derivation is the KDF, where that and the key wrap are known and agree on the key's size (RFC 9936 §2.2.1: "MUST").
func (k kem) derivation() (kdfRow, bool) {
	_, size, ok := readWrap(k.wrap)
	for _, row := range kdfRows {
		if row.oid.Equal(k.kdf.oid) {
			return row, ok && size == k.size
		}
	}
	return kdfRow{}, false
}
