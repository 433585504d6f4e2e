package cms

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// CheckRecipient reports whether content can be encrypted for this certificate's key at all: its type, size and curve.
// The error is ErrUnsupported. Whether the certificate may be used is another's question.
func CheckRecipient(c *x509.Certificate) error {
	if c == nil {
		return errors.New("cms: no certificate")
	}
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return checkRSA(key)
	case *ecdsa.PublicKey:
		if _, err := agreementFor(key); err != nil {
			return err
		}
		if _, err := key.ECDH(); err != nil {
			return fmt.Errorf("%w: elliptic curve point", ErrUnsupported)
		}
		return nil
	}
	return fmt.Errorf("%w: key type", ErrUnsupported)
}

// addRecipient writes the RecipientInfo for one certificate, and gives its version.
func addRecipient(b *cryptobyte.Builder, c *x509.Certificate, contentKey []byte) (version int, err error) {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return 0, addKeyTransport(b, c, key, contentKey)
	case *ecdsa.PublicKey:
		return 3, addKeyAgreement(b, c, key, contentKey)
	}
	return 0, fmt.Errorf("%w: key type", ErrUnsupported)
}

// addKeyTransport writes KeyTransRecipientInfo (RFC 5652 §6.2.1) with RSA PKCS #1 v1.5.
func addKeyTransport(b *cryptobyte.Builder, c *x509.Certificate, key *rsa.PublicKey, contentKey []byte) error {
	//lint:ignore SA1019 the only RSA encryption that Outlook, Apple Mail and gpgsm all read; RFC 8551 §2.3 has it as MUST-
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, key, contentKey)
	if err != nil {
		return fmt.Errorf("cms: encrypting the content key: %w", err)
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0) // issuerAndSerialNumber
		addIssuerAndSerial(b, cbasn1.SEQUENCE, c)
		algorithm{oidRSA, derNull}.add(b) // RFC 3370 §4.2.1: NULL, not absent
		b.AddASN1OctetString(encrypted)
	})
	return nil
}

// addKeyAgreement writes KeyAgreeRecipientInfo (RFC 5652 §6.2.2, RFC 5753 §3.1) with an ephemeral key of its own.
func addKeyAgreement(b *cryptobyte.Builder, c *x509.Certificate, key *ecdsa.PublicKey, contentKey []byte) error {
	scheme, err := agreementFor(key)
	if err != nil {
		return err
	}
	theirs, err := key.ECDH()
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
				algorithm{oid: oidECPublicKey}.add(b) // RFC 5753 §3.1.1: parameters SHOULD be absent, or name the curve
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

// wrapFor agrees on a key with the recipient and wraps the content key under it. The wrap is as strong as the content key
// (RFC 8551 §2.3: "MUST").
func wrapFor(scheme agreementRow, ours *ecdh.PrivateKey, theirs *ecdh.PublicKey, contentKey []byte) (keyInfo, wrapped []byte, err error) {
	// QUIRK: Outlook (NSS, cmspubkey.c, 2024) cannot decrypt unless the parameters are NULL, though RFC 3565 §2.3.2 wants
	// them absent. Everybody else feeds the identifier to the KDF as it stands in the message.
	var b cryptobyte.Builder
	algorithm{wrapOID[len(contentKey)], derNull}.add(&b)
	if keyInfo, err = b.Bytes(); err != nil {
		return nil, nil, err
	}
	secret, err := ours.ECDH(theirs)
	if err != nil {
		return nil, nil, err
	}
	kek, err := keyEncryptionKey(scheme.hash, secret, keyInfo, nil, len(contentKey))
	if err != nil {
		return nil, nil, err
	}
	wrapped, err = wrapKey(kek, contentKey)
	return keyInfo, wrapped, err
}
