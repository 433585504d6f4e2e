package cms

import (
	"cmp"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/keywrap"
)

// addKeyAgreement writes KeyAgreeRecipientInfo (RFC 5652 §6.2.2, RFC 5753 §3.1, RFC 8418 §3.2) with an ephemeral key of its own.
func addKeyAgreement(b *cryptobyte.Builder, c *x509.Certificate, key crypto.PublicKey, contentKey []byte) error {
	scheme, err := agreementFor(key)
	if err != nil {
		return err
	}
	theirs, err := ecdhKey(key)
	if err != nil {
		return fmt.Errorf("cms: the recipient's key: %w", err)
	}
	ours, err := theirs.Curve().GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("cms: making an ephemeral key: %w", err)
	}
	keyInfo, wrapped, err := wrapFor(scheme, ours, theirs, contentKey)
	if err != nil {
		return fmt.Errorf("cms: wrapping the content key: %w", err)
	}
	b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) { // originator
			b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { // originatorKey
				algorithm{oid: originatorOID(curveName(key))}.add(b) // RFC 5753 §3.1.1, RFC 8418 §3.2: without parameters
				b.AddASN1BitString(ours.PublicKey().Bytes())
			})
		})
		algorithm{scheme.std, keyInfo}.add(b)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addIssuerAndSerial(b, cbasn1.SEQUENCE, c)
				b.AddASN1OctetString(wrapped)
			})
		})
	})
	return nil
}

func originatorOID(curve string) asn1.ObjectIdentifier {
	if curve == "X25519" {
		return oidX25519
	}
	return oidECPublicKey
}

// wrapFor agrees on a key with the recipient and wraps the content key under it. The wrap is as strong as the content key
// (RFC 8551 §2.3: "MUST").
func wrapFor(scheme agreementRow, ours *ecdh.PrivateKey, theirs *ecdh.PublicKey, contentKey []byte) (keyInfo, wrapped []byte, err error) {
	wrap := algorithm{oid: wrapOID[len(contentKey)]}
	if !scheme.hkdf {
		// QUIRK: Outlook (NSS, cmspubkey.c, 2024) cannot decrypt unless the parameters are NULL, though RFC 3565 §2.3.2 wants
		// them absent. Everybody else feeds the identifier to the KDF as it stands in the message.
		wrap.parameters = derNull
	}
	var b cryptobyte.Builder
	wrap.add(&b)
	if keyInfo, err = b.Bytes(); err != nil {
		return nil, nil, err
	}
	secret, err := ours.ECDH(theirs)
	if err != nil {
		return nil, nil, err
	}
	kek, err := scheme.keyEncryptionKey(secret, keyInfo, nil, len(contentKey))
	if err != nil {
		return nil, nil, err
	}
	wrapped, err = keywrap.Wrap(kek, contentKey)
	return keyInfo, wrapped, err
}

type agreer interface {
	ECDH(*ecdh.PublicKey) ([]byte, error)
}

func findKeyAgreement(info recipientInfo, keys []Key) (recipient, bool) {
	entry, ok := info.keyAgreement()
	if !ok {
		return recipient{}, false
	}
	// Once, and before any key of ours is touched: one entry may name us a hundred thousand times.
	scheme, known := agreementByOID(entry.algorithm.oid)
	wrap, size, wrapKnown := readWrap(entry.algorithm.parameters)
	named := false
	for _, theirs := range entry.keys {
		for _, key := range keys {
			if !theirs.to.names(key.Certificate) {
				continue
			}
			named = true
			if !known || !wrapKnown {
				return recipient{}, named
			}
			public := publicKey(key.Certificate)
			curve := curveName(public)
			if curve == "" || !entry.curve.oid.Equal(originatorOID(curve)) {
				continue
			}
			private, can := agreerOf(key.Private)
			if !can {
				continue
			}
			return recipient{key, "ECDH " + curve, func(contentKey []byte) (int, error) {
				got, err := unlockECDH(public, private, entry, scheme, wrap, size, theirs.encrypted)
				return replaceKey(contentKey, got, err == nil), notAsked(err)
			}}, true
		}
	}
	return recipient{}, named
}

func agreerOf(key crypto.PrivateKey) (agreer, bool) {
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		e, err := k.ECDH()
		return e, err == nil
	}
	a, ok := key.(agreer)
	return a, ok
}

// readWrap reads the key wrap's AlgorithmIdentifier out of the scheme's parameters, and keeps it as it stands for the KDF.
func readWrap(der []byte) (keyInfo []byte, size int, ok bool) {
	s := cryptobyte.String(der)
	a, ok := readAlgorithm(&s)
	if !ok || !s.Empty() {
		return nil, 0, false
	}
	size, ok = wrapSize(a.oid)
	return der, size, ok
}

func unlockECDH(public crypto.PublicKey, private agreer, entry keyAgreement, scheme agreementRow, keyInfo []byte, size int, wrapped []byte) ([]byte, error) {
	ours, err := ecdhKey(public)
	if err != nil {
		return nil, err
	}
	ephemeral, err := ours.Curve().NewPublicKey(entry.originator.RightAlign()) // refuses points off the curve
	if err != nil {
		return nil, err
	}
	secret, err := private.ECDH(ephemeral)
	// RFC 8418 §2: an X25519 secret of zeros, which a point of low order gives with every key, MUST be refused. crypto/ecdh
	// does it; a module may not.
	if err != nil || subtle.ConstantTimeCompare(secret, make([]byte, len(secret))) == 1 {
		return nil, cmp.Or(err, ErrDecrypt)
	}
	kek, err := scheme.keyEncryptionKey(secret, keyInfo, entry.ukm, size)
	if err != nil {
		return nil, err
	}
	key, ok := keywrap.Unwrap(kek, wrapped)
	if !ok {
		return nil, ErrDecrypt
	}
	return key, nil
}
