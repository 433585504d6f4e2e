package cms

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// CheckRecipient reports whether content can be encrypted for this certificate's key at all: its type, size and curve.
// The error is ErrUnsupported. Whether the certificate may be used is another's question.
func CheckRecipient(c *x509.Certificate) error { return EncryptConfig{}.CheckRecipient(c) }

// CheckRecipient is as the function of that name, with what c allows.
func (c EncryptConfig) CheckRecipient(recipient *x509.Certificate) error {
	if recipient == nil {
		return errors.New("cms: no certificate")
	}
	switch key := publicKey(recipient).(type) {
	case *rsa.PublicKey:
		// crypto/x509 gives no key for id-RSASSA-PSS, which must not encrypt (RFC 4055 §1.2), nor for id-RSAES-OAEP.
		return checkRSA(key)
	case *ecdsa.PublicKey:
		if _, err := agreementFor(key); err != nil {
			return err
		}
		if _, err := key.ECDH(); err != nil {
			return fmt.Errorf("%w: elliptic curve point", ErrUnsupported)
		}
		return nil
	case *ecdh.PublicKey:
		_, err := agreementFor(key)
		return err
	}
	if !c.PostQuantum {
		return fmt.Errorf("%w: key type", ErrUnsupported)
	}
	_, err := encapsulationKey(recipient)
	return err
}

// addRecipient writes the RecipientInfo for one certificate.
func (c EncryptConfig) addRecipient(b *cryptobyte.Builder, recipient *x509.Certificate, contentKey []byte) (RecipientKind, error) {
	switch key := publicKey(recipient).(type) {
	case *rsa.PublicKey:
		return KeyTransport, addKeyTransport(b, recipient, key, c.OAEP, contentKey)
	case *ecdsa.PublicKey, *ecdh.PublicKey:
		return KeyAgreement, addKeyAgreement(b, recipient, key, contentKey)
	}
	return OtherKind, addKEM(b, recipient, contentKey)
}

// publicKey is the certificate's key. crypto/x509 leaves it out of a certificate for X25519, though it can read it.
func publicKey(c *x509.Certificate) crypto.PublicKey {
	if c.PublicKey != nil {
		return c.PublicKey
	}
	if key, err := x509.ParsePKIXPublicKey(c.RawSubjectPublicKeyInfo); err == nil && curveName(key) != "" {
		return key
	}
	return nil
}
