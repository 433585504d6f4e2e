package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// SignConfig is who signs, and what the signer says besides.
type SignConfig struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // sent along; a self-signed root among them is left out
	Key         crypto.Signer
	Digest      crypto.Hash // SHA-256, SHA-384 or SHA-512
	Time        time.Time
	Opens       []ContentCipher   // SMIMECapabilities, best first; empty: the attribute is left out
	EncryptTo   *x509.Certificate // the signer's own certificate to encrypt to; nil: the attribute is left out
}

// Signature takes content in and gives a detached SignedData with one signer (RFC 5652 §5).
type Signature struct {
	c      SignConfig
	digest digestRow
	scheme algorithm
	hash   hash.Hash
}

// NewSignature checks that the key belongs to the certificate and can sign, before any content is written.
func NewSignature(c SignConfig) (*Signature, error) {
	row, ok := digestByHash(c.Digest)
	if !ok || row.weak {
		return nil, fmt.Errorf("%w: digest to sign with", ErrUnsupported)
	}
	if c.Certificate == nil || c.Key == nil {
		return nil, errors.New("cms: a signature needs a certificate and its key")
	}
	s := &Signature{c: c, digest: row, hash: c.Digest.New()}
	public, comparable := c.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !comparable || !public.Equal(c.Key.Public()) {
		return nil, errors.New("cms: the signing key is not the certificate's")
	}
	switch key := c.Certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(key); err != nil {
			return nil, err
		}
		// RFC 5754 §3.2: rsaEncryption with NULL; the digest is named in digestAlgorithm.
		s.scheme = algorithm{oidRSA, derNull}
	case *ecdsa.PublicKey:
		// RFC 5754 §3.3: parameters absent.
		s.scheme = algorithm{oid: row.ecdsa}
	default:
		return nil, fmt.Errorf("%w: key type to sign with", ErrUnsupported)
	}
	return s, nil
}

func (s *Signature) Write(p []byte) (int, error) { return s.hash.Write(p) }

// Finish signs what was written and gives the DER of the ContentInfo.
func (s *Signature) Finish() ([]byte, error) {
	attributes, err := s.attributes()
	if err != nil {
		return nil, fmt.Errorf("cms: writing the signed attributes: %w", err)
	}
	// RFC 5652 §5.4: what is signed is the attributes as SET OF, not as the [0] that stands in the message.
	h := s.c.Digest.New()
	h.Write(attributes)
	sum := h.Sum(nil)
	value, err := s.c.Key.Sign(rand.Reader, sum, s.c.Digest)
	if err != nil {
		return nil, fmt.Errorf("cms: signing: %w", err)
	}
	// A key in a module may sign wrongly, and a wrong RSA signature can give the key away (Boneh, DeMillo and Lipton,
	// 1997): it is better noticed here than by the recipient.
	if !verifies(s.c.Certificate.PublicKey, s.scheme, s.digest, sum, value) {
		return nil, errors.New("cms: the key made a signature that does not verify")
	}
	return s.signedData(attributes, value)
}

func (s *Signature) signedData(attributes, value []byte) ([]byte, error) {
	digestAlgorithm := algorithm{oid: s.digest.oid} // RFC 5754 §2: parameters absent
	var b cryptobyte.Builder
	addContentInfo(&b, OIDSignedData, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1) // RFC 5652 §5.1: plain certificates, issuerAndSerialNumber, id-data
		b.AddASN1(cbasn1.SET, digestAlgorithm.add)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(OIDData) })
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) {
			for _, c := range s.bag() {
				b.AddBytes(c)
			}
		})
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1) // RFC 5652 §5.3: issuerAndSerialNumber
				addIssuerAndSerial(b, cbasn1.SEQUENCE, s.c.Certificate)
				digestAlgorithm.add(b)
				b.AddBytes(append([]byte{0xa0}, attributes[1:]...))
				s.scheme.add(b)
				b.AddASN1OctetString(value)
			})
		})
	})
	return b.Bytes()
}

// bag is the certificates to send along as a DER SET OF: each once, and no root, for a root that arrives in a mail
// proves nothing and may tempt somebody to trust it.
func (s *Signature) bag() [][]byte {
	ders := [][]byte{s.c.Certificate.Raw}
	for _, c := range s.c.Chain {
		if c != nil && !selfIssued(c) {
			ders = append(ders, c.Raw)
		}
	}
	return sortedSet(ders)
}

func addContentInfo(b *cryptobyte.Builder, contentType asn1.ObjectIdentifier, content cryptobyte.BuilderContinuation) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(contentType)
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, content)
		})
	})
}
