package cms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // read only: what old mail was encrypted with
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/aead"
)

// Authenticated reports whether content under this cipher cannot be altered unseen. Such a cipher belongs into
// AuthEnvelopedData and nowhere else, the others into EnvelopedData (RFC 5083 §1, RFC 8551 §2.4.4): in the wrong one its tag
// would be taken for content, or not looked for.
func (c ContentCipher) Authenticated() bool {
	switch c {
	case AES128GCM, AES192GCM, AES256GCM, ChaCha20Poly1305:
		return true
	case AES128CBC, AES192CBC, AES256CBC, DESEDE3CBC:
	}
	return false
}

// readOnly: RFC 8551 §2.7 has no 3DES, and asks for AES-GCM with 128 and 256 bits.
func (c ContentCipher) readOnly() bool { return c == AES192GCM || c == DESEDE3CBC }

// aeadNonceSize is what RFC 5084 §3.2 recommends and RFC 8103 §3 demands.
const aeadNonceSize = 12

func (c ContentCipher) nonceSize() int {
	switch {
	case c.Authenticated():
		return aeadNonceSize
	case c == DESEDE3CBC:
		return des.BlockSize
	}
	return aes.BlockSize
}

// addCipherParameters writes the parameters of the content cipher's AlgorithmIdentifier.
func addCipherParameters(b *cryptobyte.Builder, c ContentCipher, nonce []byte) {
	if !c.Authenticated() || c == ChaCha20Poly1305 {
		b.AddASN1OctetString(nonce)
		return
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1OctetString(nonce)
		b.AddASN1Int64(aead.TagSize) // not the default of 12, which is for those who lack room
	})
}

// readCipherParameters gives the nonce or initialisation vector, and the length of the MAC behind the content where there
// is one.
func readCipherParameters(c ContentCipher, der []byte) (nonce []byte, tagSize int, ok bool) {
	s := cryptobyte.String(der)
	var inner, octets cryptobyte.String
	if !c.Authenticated() || c == ChaCha20Poly1305 {
		ok = s.ReadASN1(&octets, cbasn1.OCTET_STRING) && s.Empty() && len(octets) == c.nonceSize()
		return octets, aead.TagSize, ok
	}
	// GCMParameters, RFC 5084 §3.2: aes-ICVlen is 12 to 16, and 12 where absent.
	tagSize = 12
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) || !s.Empty() || !inner.ReadASN1(&octets, cbasn1.OCTET_STRING) || len(octets) == 0 {
		return nil, 0, false
	}
	if !inner.Empty() && (!inner.ReadASN1Integer(&tagSize) || !inner.Empty()) {
		return nil, 0, false
	}
	return octets, tagSize, tagSize >= 12 && tagSize <= aead.TagSize
}

// sealer is plaintext on its way into one content cipher.
type sealer interface {
	crypt(part []byte) error                   // a whole chunk, in place
	last(part []byte) (sealed []byte, _ error) // what is left, perhaps nothing; there is room for a block of padding behind it
	tail() ([]byte, error)                     // what stands behind EncryptedContentInfo
}

func newSealer(c ContentCipher, key, nonce []byte) (sealer, error) {
	if c.Authenticated() {
		stream, err := newStream(aead.Seal, c, key, nonce)
		return aeadSealer{stream}, err
	}
	block, err := cbcBlock(c, key)
	if err != nil {
		return nil, err
	}
	return cbcSealer{cipher.NewCBCEncrypter(block, nonce)}, nil
}

// refusedCipherNames are those that people meet in old or foreign mail, so that they can be told why it stays shut.
var refusedCipherNames = map[string]string{
	"1.3.14.3.2.7":              "DES-CBC",
	"1.2.840.113549.3.2":        "RC2-CBC",
	"1.2.840.113549.3.4":        "RC4",
	"2.16.840.1.101.3.4.1.7":    "AES-128-CCM",
	"2.16.840.1.101.3.4.1.27":   "AES-192-CCM",
	"2.16.840.1.101.3.4.1.47":   "AES-256-CCM",
	"1.2.392.200011.61.1.1.1.2": "Camellia-128-CBC",
	"1.2.392.200011.61.1.1.1.3": "Camellia-192-CBC",
	"1.2.392.200011.61.1.1.1.4": "Camellia-256-CBC",
}

func refusedCipher(oid asn1.ObjectIdentifier) error {
	name := refusedCipherNames[oid.String()]
	if name == "" {
		name = oid.String()
	}
	return fmt.Errorf("%w: content cipher %s", ErrUnsupported, name)
}
