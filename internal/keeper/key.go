package keeper

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"
)

// maxBytes bounds DecryptBytes: subjects and PEM files are far below; anything larger belongs in a stream.
const maxBytes = 1 << 20

// Key encrypts and decrypts one thing: a message, or a mailbox's private key.
type Key struct{ identity *age.X25519Identity }

// Encrypt returns a writer of age-framed bytes to dst. Only Close makes them whole.
func (key *Key) Encrypt(dst io.Writer) (io.WriteCloser, error) {
	return age.Encrypt(dst, key.identity.Recipient())
}

// Decrypt returns a reader that fails at the first frame that was altered or is missing.
func (key *Key) Decrypt(src io.Reader) (io.Reader, error) {
	return age.Decrypt(src, key.identity)
}

// EncryptBytes is Encrypt for something small.
func (key *Key) EncryptBytes(plain []byte) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := key.Encrypt(&sealed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// DecryptBytes is Decrypt for something small.
func (key *Key) DecryptBytes(sealed []byte) ([]byte, error) {
	r, err := key.Decrypt(bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > maxBytes {
		return nil, errors.New("decrypting: larger than a small thing may be")
	}
	return plain, nil
}
