package cms

import (
	"bytes"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var tagContext0 = cbasn1.Tag(0).ContextSpecific()

// identifier names a certificate, as a signer or as a recipient (RFC 5652 §5.3, §6.2.1): by issuer and serial number,
// or by subject key identifier.
type identifier struct {
	issuer []byte // DER of the Name
	serial *big.Int
	ski    []byte
}

// readIdentifier reads IssuerAndSerialNumber or [0] IMPLICIT SubjectKeyIdentifier.
func readIdentifier(s *cryptobyte.String) (id identifier, ok bool) {
	if s.PeekASN1Tag(tagContext0) {
		var ski cryptobyte.String
		ok = s.ReadASN1(&ski, tagContext0) && len(ski) > 0
		return identifier{ski: ski}, ok
	}
	var inner, issuer cryptobyte.String
	id.serial = new(big.Int)
	ok = s.ReadASN1(&inner, cbasn1.SEQUENCE) && inner.ReadASN1Element(&issuer, cbasn1.SEQUENCE) &&
		inner.ReadASN1Integer(id.serial) && inner.Empty()
	id.issuer = issuer
	return id, ok
}

// names reports whether id names c. A key identifier need not be unique (RFC 5280 §4.2.1.2): who asks must be ready for
// more than one match.
func (id identifier) names(c *x509.Certificate) bool {
	if c == nil {
		return false
	}
	if id.ski != nil {
		return bytes.Equal(id.ski, c.SubjectKeyId)
	}
	return id.serial != nil && c.SerialNumber != nil && id.serial.Cmp(c.SerialNumber) == 0 && bytes.Equal(id.issuer, c.RawIssuer)
}

// addIssuerAndSerial writes IssuerAndSerialNumber under tag, which is SEQUENCE unless it is implicit. It is what every
// client reads; gpgsm 2.2 knows no other identifier.
func addIssuerAndSerial(b *cryptobyte.Builder, tag cbasn1.Tag, c *x509.Certificate) {
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		b.AddBytes(c.RawIssuer)
		b.AddASN1BigInt(c.SerialNumber)
	})
}
