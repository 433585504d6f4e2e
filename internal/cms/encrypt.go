package cms

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

// EncryptConfig is how one message is encrypted, and for whom. What each recipient's program can read is the caller's to know.
type EncryptConfig struct {
	Cipher      ContentCipher
	OAEP        bool // RSAES-OAEP for RSA keys; without it PKCS #1 v1.5, which everybody reads
	PostQuantum bool // certificates for ML-KEM keys are accepted
	Recipients  []*x509.Certificate
}

// Encrypter writes an EnvelopedData, or an AuthEnvelopedData where the cipher authenticates, as content streams in. Nothing
// that it wrote may be used unless Close gave no error.
type Encrypter struct {
	w      io.Writer
	sealed sealer
	buf    []byte // plaintext of the OCTET STRING being filled, behind room for its header
	err    error
}

const (
	// headRoom is what stands before each chunk: 04 82 and two octets of length.
	headRoom = 4
	// maxPadding is room for the padding of CBC behind the content.
	maxPadding = 16

	endInfo    = 2 * 2 // end-of-contents of [0] and EncryptedContentInfo
	endMessage = 2 * 3 // of EnvelopedData, [0] and ContentInfo
)

// NewEncrypter writes everything up to the content: one RecipientInfo for every certificate, in the order given. One
// recipient that cannot be encrypted for fails the whole, before a byte is written.
func NewEncrypter(w io.Writer, c EncryptConfig) (*Encrypter, error) {
	row, ok := c.Cipher.row()
	if !ok || c.Cipher.readOnly() {
		return nil, fmt.Errorf("%w: content cipher", ErrUnsupported)
	}
	if len(c.Recipients) == 0 {
		return nil, errors.New("cms: nobody to encrypt for")
	}
	for _, r := range c.Recipients {
		if err := c.CheckRecipient(r); err != nil {
			return nil, err
		}
	}
	return newEncrypter(w, c, row)
}

func newEncrypter(w io.Writer, c EncryptConfig, row cipherRow) (*Encrypter, error) {
	key := make([]byte, row.keySize)
	rand.Read(key) // never fails: crypto/rand ends the program instead
	nonce := make([]byte, c.Cipher.nonceSize())
	rand.Read(nonce)
	sealed, err := newSealer(c.Cipher, key, nonce)
	if err != nil {
		return nil, fmt.Errorf("cms: content key: %w", err)
	}
	head, err := c.head(row, nonce, key)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("cms: writing the envelope: %w", err)
	}
	return &Encrypter{w: w, sealed: sealed, buf: make([]byte, headRoom, headRoom+chunk+maxPadding)}, nil
}

// head is everything before the content's first chunk.
func (c EncryptConfig) head(row cipherRow, nonce, key []byte) ([]byte, error) {
	version := 0
	var infos cryptobyte.Builder
	for _, r := range c.Recipients {
		kind, err := c.addRecipient(&infos, r, key)
		if err != nil {
			return nil, err
		}
		version = max(version, envelopeVersion(kind))
	}
	set, err := infos.Bytes()
	if err != nil {
		return nil, fmt.Errorf("cms: writing the recipients: %w", err)
	}
	contentType := OIDEnvelopedData
	if row.cipher.Authenticated() {
		contentType, version = OIDAuthEnvelopedData, 0 // RFC 5083 §2.1
	}
	var b cryptobyte.Builder
	// The content's length is not known yet, so everything around it has an indefinite length (X.690 §8.1.3.6).
	b.AddBytes([]byte{ber.IDSequence, 0x80})
	b.AddASN1ObjectIdentifier(contentType)
	b.AddBytes([]byte{0xa0, 0x80, ber.IDSequence, 0x80})
	b.AddASN1Int64(int64(version))
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(set) })
	b.AddBytes([]byte{ber.IDSequence, 0x80})
	b.AddASN1ObjectIdentifier(OIDData) // RFC 8551 §3.3: a MIME entity, whatever is in it
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(row.oid)
		addCipherParameters(b, row.cipher, nonce)
	})
	b.AddBytes([]byte{0xa0, 0x80})
	return b.Bytes()
}

// envelopeVersion is what one RecipientInfo asks of EnvelopedData's version (RFC 5652 §6.1).
func envelopeVersion(kind RecipientKind) int {
	switch kind {
	case KeyTransport:
		return 0
	case Password, OtherKind:
		return 3
	case KeyAgreement, KeyShared:
	}
	return 2
}

func (e *Encrypter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	written := len(p)
	for len(p) > 0 {
		n := min(len(p), headRoom+chunk-len(e.buf))
		e.buf = append(e.buf, p[:n]...)
		p = p[n:]
		if len(e.buf) == headRoom+chunk {
			if e.err = e.flush(); e.err != nil {
				return 0, e.err
			}
		}
	}
	return written, nil
}

func (e *Encrypter) flush() error {
	if err := e.sealed.crypt(e.buf[headRoom:]); err != nil {
		return fmt.Errorf("cms: encrypting: %w", err)
	}
	return e.writePart(len(e.buf) - headRoom)
}

// writePart writes the first n octets of content in buf as one OCTET STRING.
func (e *Encrypter) writePart(n int) error {
	head := ber.AppendHeader(make([]byte, 0, headRoom), ber.Header{ID: ber.IDOctets}, n)
	start := headRoom - len(head)
	copy(e.buf[start:], head)
	_, err := e.w.Write(e.buf[start : headRoom+n])
	e.buf = e.buf[:headRoom]
	if err != nil {
		return fmt.Errorf("cms: writing encrypted content: %w", err)
	}
	return nil
}

// Close writes what is left and ends the message. It does not close the writer beneath.
func (e *Encrypter) Close() error {
	if e.err != nil {
		return e.err
	}
	err := e.end()
	e.err = errors.Join(err, errClosed)
	return err
}

var errClosed = errors.New("cms: writing after the end")

func (e *Encrypter) end() error {
	rest, err := e.sealed.last(e.buf[headRoom:])
	if err != nil {
		return fmt.Errorf("cms: encrypting: %w", err)
	}
	e.buf = e.buf[:headRoom+len(rest)]
	if err := e.writePart(len(rest)); err != nil {
		return err
	}
	tail, err := e.sealed.tail()
	if err != nil {
		return fmt.Errorf("cms: encrypting: %w", err)
	}
	out := append(make([]byte, endInfo), tail...)
	if _, err := e.w.Write(append(out, make([]byte, endMessage)...)); err != nil {
		return fmt.Errorf("cms: writing the end: %w", err)
	}
	return nil
}
