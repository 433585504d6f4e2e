package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// What the responder says of a request that it does not answer (RFC 6960 section 4.2.1).
const (
	successful       = 0
	malformedRequest = 1
	internalError    = 2
)

// ocspLife is how long an answer may be kept. Real responders give hours to days.
const ocspLife = time.Hour

var oidBasicResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}

// refusal is an answer without anything but why there is none. It is not signed: anybody may have said it.
func refusal(status int64) []byte {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Enum(status) })
	return b.BytesOrPanic() // of constants alone
}

// answer writes an OCSPResponse (RFC 6960 section 4.2.1), signed by responder. golang.org/x/crypto/ocsp writes neither
// RSASSA-PSS nor a nonce.
func answer(q *question, responder *Identity, direct bool, revoked func(certID) verdict, now time.Time) ([]byte, error) {
	data, err := responseData(q, responder, revoked, now)
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	algorithm, err := signatureAlgorithm(responder.Certificate)
	if err != nil {
		return nil, err
	}
	digest := crypto.SHA256.New()
	digest.Write(data)
	var how crypto.SignerOpts = crypto.SHA256
	if isRSA(responder.Key) { // the model of an RSA authority is PSS: see NewDanish
		how = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	signature, err := responder.Key.Sign(rand.Reader, digest.Sum(nil), how)
	if err != nil {
		return nil, fmt.Errorf("signing the answer: %w", err)
	}
	var basic, whole cryptobyte.Builder
	basic.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(data)
		b.AddBytes(algorithm)
		b.AddASN1BitString(signature)
		if !direct {
			// Whoever asked does not know the responder's certificate; the authority's own they have.
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(responder.Certificate.Raw) })
			})
		}
	})
	inner, err := basic.Bytes()
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	whole.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(successful)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidBasicResponse)
				b.AddASN1OctetString(inner)
			})
		})
	})
	return whole.Bytes()
}

// responseData is the part that is signed.
func responseData(q *question, responder *Identity, revoked func(certID) verdict, now time.Time) ([]byte, error) {
	// Whole seconds: RFC 6960 section 4.2.2.1 takes GeneralizedTime from RFC 5280, which has no fractions.
	now = now.UTC().Truncate(time.Second)
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { // ResponderID by key: SHA-1 by definition, and secret to nobody
			hash := sha1.Sum(publicKey(responder.Certificate))
			b.AddASN1OctetString(hash[:])
		})
		b.AddASN1GeneralizedTime(now)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, one := range q.certificates {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddBytes(one.raw)
					revoked(one).write(b)
					b.AddASN1GeneralizedTime(now.Add(-time.Minute))
					b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(now.Add(ocspLife)) })
				})
			}
		})
		if q.nonce != nil {
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidNonce)
						b.AddASN1OctetString(q.nonce)
					})
				})
			})
		}
	})
	return b.Bytes()
}

// verdict is a CertStatus (RFC 6960 section 4.2.1). The zero value is unknown.
type verdict struct {
	known     bool
	revokedAt time.Time // zero: good
}

func (v verdict) write(b *cryptobyte.Builder) {
	switch {
	case !v.known:
		b.AddASN1(der.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
	case v.revokedAt.IsZero():
		b.AddASN1(der.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
	default:
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(v.revokedAt)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(reasonKeyCompromise) })
		})
	}
}

// signatureAlgorithm is the AlgorithmIdentifier of the certificate's own signature. An authority here signs everything in one
// way, so an answer bears the same, the parameters of PSS included.
func signatureAlgorithm(of *x509.Certificate) ([]byte, error) {
	var outer struct {
		Certificate asn1.RawValue
		Algorithm   asn1.RawValue
		Signature   asn1.BitString
	}
	if _, err := asn1.Unmarshal(of.Raw, &outer); err != nil {
		return nil, fmt.Errorf("reading the signature algorithm: %w", err)
	}
	return outer.Algorithm.FullBytes, nil
}
