package cms

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// attributes writes the signed attributes as a DER SET OF (RFC 5652 §5.3 wants DER here whatever the rest is).
func (s *signing) attributes() ([]byte, error) {
	digest := s.hash.Sum(nil)
	all := []func(*cryptobyte.Builder){
		attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(OIDData) }),
		attribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attribute(oidSigningTime, func(b *cryptobyte.Builder) { addTime(b, s.c.Time) }),
		attribute(oidSigningCertificateV2, func(b *cryptobyte.Builder) { addCertificateID(b, s.c.Certificate) }),
	}
	if len(s.c.Opens) > 0 {
		all = append(all, attribute(oidCapabilities, s.c.Opens.add))
	}
	if c := s.c.EncryptTo; c != nil {
		// RFC 8551 §2.5.3: SMIMEEncryptionKeyPreference, issuerAndSerialNumber as [0] IMPLICIT.
		all = append(all, attribute(oidEncrypKeyPref, func(b *cryptobyte.Builder) { addIssuerAndSerial(b, tagContext0.Constructed(), c) }))
	}
	ders := make([][]byte, len(all))
	for i, add := range all {
		var b cryptobyte.Builder
		add(&b)
		der, err := b.Bytes()
		if err != nil {
			return nil, err
		}
		ders[i] = der
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		for _, der := range sortedSet(ders) {
			b.AddBytes(der)
		}
	})
	return b.Bytes()
}

func attribute(oid asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(cbasn1.SET, value)
		})
	}
}

// addTime writes UTCTime until 2049 and GeneralizedTime from 2050 (RFC 8551 §2.5.1, RFC 5652 §11.3).
func addTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC()
	if t.Year() < 1950 || t.Year() > 2049 {
		b.AddASN1GeneralizedTime(t)
		return
	}
	b.AddASN1UTCTime(t)
}

// addCertificateID writes SigningCertificateV2 (RFC 5035 §3), which binds the signature to one certificate among several
// for the same key. SHA-256 is the default and must not be written in DER.
func addCertificateID(b *cryptobyte.Builder, c *x509.Certificate) {
	sum := sha256.Sum256(c.Raw)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(sum[:])
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // IssuerSerial, RFC 5035 §4
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(c.RawIssuer) })
					})
					b.AddASN1BigInt(c.SerialNumber)
				})
			})
		})
	})
}

// sortedSet is the order of a DER SET OF (X.690 §11.6), every member once.
func sortedSet(ders [][]byte) [][]byte {
	slices.SortFunc(ders, bytes.Compare)
	return slices.CompactFunc(ders, bytes.Equal)
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }
