package cms

import (
	"encoding/asn1"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/aead"
	"aau.dk/sendsikker/internal/cms/ber"
)

func newStream(direction aead.Direction, c ContentCipher, key, nonce []byte) (*aead.Stream, error) {
	if c == ChaCha20Poly1305 {
		return aead.NewChaCha20Poly1305(direction, key, nonce, nil)
	}
	return aead.NewAESGCM(direction, key, nonce)
}

// aeadSealer encrypts content and authenticates it. There are no authenticated attributes: RFC 5083 §2.1 wants them for
// content that is not id-data, and nobody reads any others.
type aeadSealer struct{ stream *aead.Stream }

func (a aeadSealer) crypt(part []byte) error { return a.stream.Crypt(part, part) }

func (a aeadSealer) last(part []byte) ([]byte, error) { return part, a.crypt(part) }

func (a aeadSealer) tail() ([]byte, error) {
	tag, err := a.stream.Tag(nil)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1OctetString(tag[:])
	return b.Bytes()
}

// aeadReader gives content before it is known to be true: the MAC stands behind it.
type aeadReader struct {
	r       *ber.Reader
	octets  io.Reader
	stream  *aead.Stream
	cipher  ContentCipher
	tagSize int
}

func (a *aeadReader) Read(p []byte) (int, error) {
	n, err := a.octets.Read(p)
	if failed := a.stream.Crypt(p[:n], p[:n]); failed != nil {
		return 0, malformed("more content than the cipher allows") // nothing else stops a stream, RFC 5084 §1.4, RFC 8439 §2.8
	}
	return n, err
}

// finish reads [1] authAttrs and the MAC, and compares. A MAC of another length than its algorithm says is as bad as a wrong
// one: the attacker must not choose how much is compared.
func (a *aeadReader) finish() (int, error) {
	if err := a.r.Leave(); err != nil { // EncryptedContentInfo
		return 0, err
	}
	attributes, err := a.attributes()
	if err != nil {
		return 0, err
	}
	h, err := a.r.Expect(ber.IDOctets, ber.IDOctetsParts)
	if err != nil {
		return 0, err
	}
	der, err := a.r.Element(h, ber.SmallElement)
	if err != nil {
		return 0, err
	}
	s := cryptobyte.String(der)
	var mac cryptobyte.String
	if !s.ReadASN1(&mac, cbasn1.OCTET_STRING) {
		return 0, malformed("message authentication code")
	}
	if a.genuine(mac, attributes) {
		return 1, nil
	}
	return 0, nil
}

func (a *aeadReader) genuine(mac, attributes []byte) bool {
	return a.stream.Verify(mac, attributes) == nil && len(mac) == a.tagSize
}

// attributes gives the DER of authAttrs as the MAC covers it: as SET OF, not as [1] (RFC 5083 §2.2). nil where absent.
func (a *aeadReader) attributes() ([]byte, error) {
	h, present, err := a.r.Optional(0xa1)
	if err != nil || !present {
		return nil, err
	}
	if a.cipher == ChaCha20Poly1305 {
		// Poly1305 wants them before the content, behind which they stand: to check them, the message would have to be
		// read twice. No writer of them is known.
		return nil, fmt.Errorf("%w: authenticated attributes with ChaCha20-Poly1305", ErrUnsupported)
	}
	der, err := a.r.Element(h, maxElement)
	if err != nil {
		return nil, err
	}
	der[0] = byte(tagContext0.Constructed())
	set, ok := readAttributes(der)
	if !ok {
		return nil, malformed("authenticated attributes")
	}
	if value, named := set[oidContentType.String()]; named {
		var oid asn1.ObjectIdentifier
		if !value.ReadASN1ObjectIdentifier(&oid) || !value.Empty() || !oid.Equal(OIDData) {
			return nil, malformed("authenticated attributes")
		}
	}
	der[0] = ber.IDSet
	return der, nil
}
