package cms

import (
	"crypto"
	"crypto/cipher"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"aau.dk/sendsikker/internal/cms/aead"
	"aau.dk/sendsikker/internal/cms/ber"
)

// Key opens what was encrypted for Certificate. Private is a crypto.Decrypter for an RSA certificate; for an EC or X25519 one
// it has a method ECDH(*ecdh.PublicKey) ([]byte, error), as *ecdh.PrivateKey has, or is an *ecdsa.PrivateKey; for an ML-KEM
// one it has a method Decapsulate([]byte) ([]byte, error), as *mlkem.DecapsulationKey768 has. An error of theirs stays unknown,
// unless it is ErrNotAsked.
type Key struct {
	Certificate *x509.Certificate
	Private     crypto.PrivateKey
}

// Decrypted is how the content was protected.
type Decrypted struct {
	Cipher     ContentCipher
	KeyScheme  string // how the content key reached us, in words
	Recipients int
	Key        *x509.Certificate // ours, that was used
}

// Decrypter reads the content of an encrypted message as it streams in. What it gave must be thrown away unless it ends in
// io.EOF. Then content of an Authenticated cipher is as somebody who knew the content key made it, which says nothing about
// who that was; other content is proof of nothing even then: it can be altered by anybody (EFAIL), and where a content key
// was forged it is noise. Only a signature inside tells.
type Decrypter struct {
	Decrypted
	r       *ber.Reader
	content content
	good    int // 1 where the content key came out right, or may not be known to be wrong
	err     error
}

// content is plaintext on its way out of one content cipher. finish comes after io.EOF and gives 1 where the content proved
// itself, 0 where not.
type content interface {
	io.Reader
	finish() (int, error)
}

// Decrypt reads as far as the content, and gives a reader for it. Its error at the end is io.EOF, ErrDecrypt, ErrMalformed,
// ErrUnsupported, or the source's own.
//
// The first entry that names one of keys, and that we can use, is used, and no other. With ErrNoRecipient and ErrUnsupported,
// Decrypted tells what can be told without a key.
func (m *Message) Decrypt(keys []Key) (*Decrypter, error) {
	authenticated := m.Type.Equal(OIDAuthEnvelopedData)
	if !authenticated && !m.Type.Equal(OIDEnvelopedData) {
		return nil, ErrWrongType
	}
	e, err := readEnvelope(m.r)
	if err != nil {
		return nil, err
	}
	if authenticated && e.version != 0 { // RFC 5083 §2.1: "MUST"; that of EnvelopedData tells nothing that its entries do not
		return nil, malformed("version")
	}
	d := &Decrypter{r: m.r, Decrypted: Decrypted{Recipients: len(e.recipients)}}
	row, known := cipherByOID(e.cipher.oid)
	if !known {
		return d, refusedCipher(e.cipher.oid)
	}
	if !e.inner.Equal(OIDData) { // RFC 8551 §3.3 and §3.4: mail is always a MIME entity
		return d, fmt.Errorf("%w: encrypted content that is not id-data", ErrUnsupported)
	}
	d.Cipher = row.cipher
	if row.cipher.Authenticated() != authenticated {
		return nil, malformed("a content cipher that does not belong into this content type")
	}
	nonce, tagSize, ok := readCipherParameters(row.cipher, e.cipher.parameters)
	if !ok {
		return nil, malformed("parameters of the content cipher")
	}
	octets, err := encryptedContent(m.r)
	if err != nil {
		return nil, err
	}
	found, err := findRecipient(e.recipients, keys)
	if err != nil {
		return d, err
	}
	d.KeyScheme, d.Key = found.scheme, found.key.Certificate
	// From here on there is one error and the same work, whatever fails: a random key takes the place of one that could
	// not be had, and the content is gone through with it to the end (RFC 3218 §2.3.2).
	contentKey := make([]byte, row.keySize)
	rand.Read(contentKey)
	if d.good, err = found.unlock(contentKey); err != nil {
		return d, err
	}
	if authenticated {
		stream, err := newStream(aead.Open, row.cipher, contentKey, nonce)
		if err != nil {
			return d, ErrDecrypt
		}
		d.content = &aeadReader{r: m.r, octets: octets, stream: stream, cipher: row.cipher, tagSize: tagSize}
		return d, nil
	}
	block, err := cbcBlock(row.cipher, contentKey)
	if err != nil {
		return d, ErrDecrypt
	}
	d.content = newCBCReader(octets, cipher.NewCBCDecrypter(block, nonce))
	return d, nil
}

func (d *Decrypter) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.content.Read(p)
	if errors.Is(err, io.EOF) {
		err = d.finish()
	}
	d.err = err
	return n, err
}

// finish reads what stands behind the content, and gives the verdict on all of it at once.
func (d *Decrypter) finish() error {
	good, err := d.content.finish()
	if err != nil {
		return err
	}
	if err := d.r.Finish(); err != nil {
		return err
	}
	if d.good&good != 1 {
		return ErrDecrypt
	}
	return io.EOF
}
