package ocsp

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// nonceBytes is the one length that both RFC 8954 (at most 32) and RFC 9654 section 2.1 (at least 32 from who asks) allow.
const nonceBytes = 32

var oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

// newRequest writes an OCSPRequest (RFC 6960 section 4.1.1) about one certificate. It is not signed: RFC 5019 section 2.1.2
// has nobody ask for that, and it would tell the authority who we are.
func newRequest(certificate, issuer *x509.Certificate, nonce []byte) ([]byte, error) {
	key, err := publicKeyBits(issuer)
	if err != nil {
		return nil, err
	}
	explicit := func(number uint8) cbasn1.Tag { return cbasn1.Tag(number).Constructed().ContextSpecific() }
	var b cryptobyte.Builder
	sequence := func(b *cryptobyte.Builder, write cryptobyte.BuilderContinuation) { b.AddASN1(cbasn1.SEQUENCE, write) }
	sequence(&b, func(b *cryptobyte.Builder) { // OCSPRequest
		sequence(b, func(b *cryptobyte.Builder) { // TBSRequest; version 1 is the default
			sequence(b, func(b *cryptobyte.Builder) { // requestList
				sequence(b, func(b *cryptobyte.Builder) { // Request
					// SHA-1 is no signature here but the index by which responders keep their answers (RFC 5019 section
					// 2.1.1 has it so). Issuers that collide would get each other's answers, and ours has not signed those.
					sequence(b, func(b *cryptobyte.Builder) { // CertID
						sequence(b, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(oidSHA1)
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(digest(crypto.SHA1, issuer.RawSubject))
						b.AddASN1OctetString(digest(crypto.SHA1, key))
						b.AddASN1BigInt(certificate.SerialNumber)
					})
				})
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { // requestExtensions
				sequence(b, func(b *cryptobyte.Builder) {
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidNonce) // the only one that RFC 5019 section 2.1.1 lets one send; a responder may pass over it
						b.AddASN1OctetString(nonceValue(nonce))
					})
				})
			})
		})
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return der, nil
}

// nonceValue is the extension's value: Nonce ::= OCTET STRING (RFC 9654 section 2.1), inside the one that every extension has.
func nonceValue(nonce []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1OctetString(nonce)
	return b.BytesOrPanic() // some bytes always fit
}

// publicKeyBits is what key hashes are made of: the BIT STRING subjectPublicKey without tag, length and number of unused
// bits (RFC 6960 section 4.1.1).
func publicKeyBits(certificate *x509.Certificate) ([]byte, error) {
	info := cryptobyte.String(certificate.RawSubjectPublicKeyInfo)
	var body cryptobyte.String
	var bits []byte
	if !info.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.SEQUENCE) || !body.ReadASN1BitStringAsBytes(&bits) {
		return nil, errKey
	}
	return bits, nil
}
