package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
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

// SignConfig is who signs and how, and what the signer says besides.
type SignConfig struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // sent along; a self-signed root among them is left out
	Key         crypto.Signer       // RSA, ECDSA on a NIST curve, or Ed25519
	Digest      crypto.Hash         // SHA-256, SHA-384 or SHA-512; with Ed25519 SHA-512 and nothing else
	PSS         bool                // RSASSA-PSS where the key is RSA; without it PKCS #1 v1.5, which everybody reads
	Time        time.Time
	Opens       Capabilities      // best first; empty: the attribute is left out
	EncryptTo   *x509.Certificate // the signer's own certificate to encrypt to, sent along; nil: the attribute is left out
}

// signing is what a detached and an opaque SignedData have in common: one SignerInfo over the content that goes through.
type signing struct {
	c      SignConfig
	digest digestRow
	scheme algorithm
	opts   crypto.SignerOpts
	hash   hash.Hash // of the content
}

// newSigning checks that the key belongs to the certificate and can sign, before any content is written.
func newSigning(c SignConfig) (*signing, error) {
	row, ok := digestByHash(c.Digest)
	if !ok || row.weak {
		return nil, fmt.Errorf("%w: digest to sign with", ErrUnsupported)
	}
	if c.Certificate == nil || c.Key == nil {
		return nil, errors.New("cms: a signature needs a certificate and its key")
	}
	public, comparable := c.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !comparable || !public.Equal(c.Key.Public()) {
		return nil, errors.New("cms: the signing key is not the certificate's")
	}
	s := &signing{c: c, digest: row, opts: c.Digest, hash: c.Digest.New()}
	return s, s.choose()
}

func (s *signing) choose() error {
	switch key := s.c.Certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(key); err != nil {
			return err
		}
		// RFC 5754 §3.2: rsaEncryption with NULL; the digest is named in digestAlgorithm.
		s.scheme = algorithm{oidRSA, derNull}
		if s.c.PSS {
			parameters, err := pssParameters(s.digest)
			if err != nil {
				return fmt.Errorf("cms: writing the PSS parameters: %w", err)
			}
			s.scheme = algorithm{oidPSS, parameters}
			s.opts = &rsa.PSSOptions{SaltLength: s.digest.hash.Size(), Hash: s.digest.hash}
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 256 { // RFC 8551 §2.2: P-256 and up
			return fmt.Errorf("%w: elliptic curve to sign with", ErrUnsupported)
		}
		// RFC 5754 §3.3: parameters absent.
		s.scheme = algorithm{oid: s.digest.ecdsa}
	case ed25519.PublicKey:
		if s.c.Digest != crypto.SHA512 { // RFC 8419 §3.1: "digestAlgorithm MUST be id-sha512"
			return fmt.Errorf("%w: Ed25519 with another digest than SHA-512", ErrUnsupported)
		}
		s.scheme = algorithm{oid: oidEd25519} // RFC 8419 §2.3: parameters absent
		s.opts = crypto.Hash(0)               // the key takes the attributes themselves
	default:
		return fmt.Errorf("%w: key type to sign with", ErrUnsupported)
	}
	return nil
}

// sign gives the signed attributes and the signature over them.
func (s *signing) sign() (attributes, value []byte, err error) {
	if attributes, err = s.attributes(); err != nil {
		return nil, nil, fmt.Errorf("cms: writing the signed attributes: %w", err)
	}
	// RFC 5652 §5.4: what is signed is the attributes as SET OF, not as the [0] that stands in the message.
	if value, err = crypto.SignMessage(s.c.Key, rand.Reader, attributes, s.opts); err != nil {
		return nil, nil, fmt.Errorf("cms: signing: %w", err)
	}
	// A key in a module may sign wrongly, and a wrong RSA signature can give the key away (Boneh, DeMillo and Lipton,
	// 1997): it is better noticed here than by the recipient. crypto/rsa looks for itself (fips140/rsa.decrypt, withCheck).
	if own, is := s.c.Key.(*rsa.PrivateKey); is && own.PublicKey.Equal(s.c.Certificate.PublicKey) {
		return attributes, value, nil
	}
	if !verifies(s.c.Certificate.PublicKey, s.scheme, s.digest, attributes, value) {
		return nil, nil, errors.New("cms: the key made a signature that does not verify")
	}
	return attributes, value, nil
}

// addHead writes what stands before the content. RFC 5652 §5.1: version 1, for the certificates are plain, the only
// SignerInfo has version 1, and the content is id-data (RFC 8551 §2.4.2: whatever the MIME type is).
func (s *signing) addHead(b *cryptobyte.Builder) {
	b.AddASN1Int64(1)
	b.AddASN1(cbasn1.SET, algorithm{oid: s.digest.oid}.add) // RFC 5754 §2: parameters absent
}

// addTail writes what stands behind the content: certificates, no revocation lists, one SignerInfo.
func (s *signing) addTail(b *cryptobyte.Builder, attributes, value []byte) {
	b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
		for _, c := range s.bag() {
			b.AddBytes(c)
		}
	})
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1) // RFC 5652 §5.3: issuerAndSerialNumber
			addIssuerAndSerial(b, cbasn1.SEQUENCE, s.c.Certificate)
			algorithm{oid: s.digest.oid}.add(b)
			b.AddBytes(append([]byte{0xa0}, attributes[1:]...))
			s.scheme.add(b)
			b.AddASN1OctetString(value)
		})
	})
}

// bag is the certificates to send along as a DER SET OF: each once, and no root, for a root that arrives in a mail
// proves nothing and may tempt somebody to trust it. RFC 8551 §2.5.3: the certificate to encrypt to SHOULD be there.
func (s *signing) bag() [][]byte {
	ders := [][]byte{s.c.Certificate.Raw}
	if s.c.EncryptTo != nil {
		ders = append(ders, s.c.EncryptTo.Raw)
	}
	for _, c := range s.c.Chain {
		if c != nil && !selfIssued(c) {
			ders = append(ders, c.Raw)
		}
	}
	return sortedSet(ders)
}

// Signature takes content in and gives a detached SignedData with one signer (RFC 5652 §5).
type Signature struct{ *signing }

// NewSignature checks that the key belongs to the certificate and can sign, before any content is written.
func NewSignature(c SignConfig) (*Signature, error) {
	s, err := newSigning(c)
	if err != nil {
		return nil, err
	}
	return &Signature{s}, nil
}

func (s *Signature) Write(p []byte) (int, error) { return s.hash.Write(p) }

// Finish signs what was written and gives the DER of the ContentInfo.
func (s *Signature) Finish() ([]byte, error) {
	attributes, value, err := s.sign()
	if err != nil {
		return nil, err
	}
	return s.signedData(attributes, value)
}

func (s *Signature) signedData(attributes, value []byte) ([]byte, error) {
	var b cryptobyte.Builder
	addContentInfo(&b, OIDSignedData, func(b *cryptobyte.Builder) {
		s.addHead(b)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(OIDData) })
		s.addTail(b, attributes, value)
	})
	return b.Bytes()
}

func addContentInfo(b *cryptobyte.Builder, contentType asn1.ObjectIdentifier, content cryptobyte.BuilderContinuation) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(contentType)
		b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, content)
		})
	})
}
