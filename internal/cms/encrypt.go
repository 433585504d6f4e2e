package cms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

// Encrypter writes an EnvelopedData as content streams in. Nothing that it wrote may be used unless Close gave no error.
type Encrypter struct {
	w    io.Writer
	mode cipher.BlockMode
	buf  []byte // plaintext of the OCTET STRING being filled, behind room for its header
	err  error
}

// headRoom is what stands before each chunk: 04 82 and two octets of length.
const headRoom = 4

// endOfContents closes [0], EncryptedContentInfo, EnvelopedData, [0] and ContentInfo.
const endOfContents = 5

// NewEncrypter writes everything up to the content: one RecipientInfo for every certificate, in the order given. One
// recipient that cannot be encrypted for fails the whole, before a byte is written.
func NewEncrypter(w io.Writer, c ContentCipher, recipients []*x509.Certificate) (*Encrypter, error) {
	row, ok := c.row()
	if !ok {
		return nil, fmt.Errorf("%w: content cipher", ErrUnsupported)
	}
	if len(recipients) == 0 {
		return nil, errors.New("cms: nobody to encrypt for")
	}
	for _, r := range recipients {
		if err := CheckRecipient(r); err != nil {
			return nil, err
		}
	}
	secrets := make([]byte, row.keySize+aes.BlockSize)
	rand.Read(secrets) // never fails: crypto/rand ends the program instead
	key, iv := secrets[:row.keySize], secrets[row.keySize:]
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cms: content key: %w", err)
	}
	head, err := envelopeHead(row, iv, key, recipients)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("cms: writing the envelope: %w", err)
	}
	e := &Encrypter{w: w, mode: cipher.NewCBCEncrypter(block, iv)}
	e.buf = make([]byte, headRoom, headRoom+chunk)
	return e, nil
}

func envelopeHead(row cipherRow, iv, key []byte, recipients []*x509.Certificate) ([]byte, error) {
	version := 0
	var infos cryptobyte.Builder
	for _, r := range recipients {
		v, err := addRecipient(&infos, r, key)
		if err != nil {
			return nil, err
		}
		if v != 0 {
			version = 2 // RFC 5652 §6.1: any RecipientInfo of another version than 0
		}
	}
	set, err := infos.Bytes()
	if err != nil {
		return nil, fmt.Errorf("cms: writing the recipients: %w", err)
	}
	var b cryptobyte.Builder
	// The content's length is not known yet, so everything around it has an indefinite length (X.690 §8.1.3.6).
	b.AddBytes([]byte{ber.IDSequence, 0x80})
	b.AddASN1ObjectIdentifier(OIDEnvelopedData)
	b.AddBytes([]byte{0xa0, 0x80, ber.IDSequence, 0x80})
	b.AddASN1Int64(int64(version))
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(set) })
	b.AddBytes([]byte{ber.IDSequence, 0x80})
	b.AddASN1ObjectIdentifier(OIDData)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(row.oid)
		b.AddASN1OctetString(iv)
	})
	b.AddBytes([]byte{0xa0, 0x80})
	return b.Bytes()
}

func (e *Encrypter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	written := len(p)
	for len(p) > 0 {
		n := min(len(p), cap(e.buf)-len(e.buf))
		e.buf = append(e.buf, p[:n]...)
		p = p[n:]
		if len(e.buf) == cap(e.buf) {
			if e.err = e.flush(); e.err != nil {
				return 0, e.err
			}
		}
	}
	return written, nil
}

// Close pads (RFC 5652 §6.3), writes what is left and ends the message. It does not close the writer beneath.
func (e *Encrypter) Close() error {
	if e.err != nil {
		return e.err
	}
	pad := aes.BlockSize - (len(e.buf)-headRoom)%aes.BlockSize
	for range pad { // the chunk is a multiple of the block size and never full here, so there is room
		e.buf = append(e.buf, byte(pad))
	}
	err := e.flush()
	if err == nil {
		_, err = e.w.Write(make([]byte, 2*endOfContents))
	}
	e.err = errors.Join(err, errClosed)
	return err
}

var errClosed = errors.New("cms: writing after the end")

func (e *Encrypter) flush() error {
	content := e.buf[headRoom:]
	e.mode.CryptBlocks(content, content)
	head := ber.AppendHeader(make([]byte, 0, headRoom), ber.Header{ID: ber.IDOctets}, len(content))
	start := headRoom - len(head)
	copy(e.buf[start:], head)
	_, err := e.w.Write(e.buf[start:])
	e.buf = e.buf[:headRoom]
	if err != nil {
		return fmt.Errorf("cms: writing encrypted content: %w", err)
	}
	return nil
}
