package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"testing"
)

// answering is a key in a device that gives one error, whatever it is asked.
type answering struct{ err error }

func (a answering) Public() crypto.PublicKey             { return rsaPair().cert.PublicKey }
func (a answering) ECDH(*ecdh.PublicKey) ([]byte, error) { return nil, a.err }
func (a answering) Decapsulate([]byte) ([]byte, error)   { return nil, a.err }
func (a answering) Decrypt(io.Reader, []byte, crypto.DecrypterOpts) ([]byte, error) {
	return nil, a.err
}

// That a device is away is said, for waiting helps; what it finds wrong with a message is not.
func TestADeviceThatCouldNotBeAskedIsToldAndWhatItFoundWrongIsNot(t *testing.T) {
	t.Parallel()
	away := fmt.Errorf("the vault answered 503: %w", ErrNotAsked)
	key := bytes.Repeat([]byte{7}, 32)
	for name, c := range map[string]struct {
		info recipientInfo
		key  Key
	}{
		"v1.5":   {v15(key), rsaKey()},
		"OAEP":   {oaepOf(key), rsaKey()},
		"P-256":  {honestly(p256Key(), key), p256Key()},
		"X25519": {honestly(x25519Key(), key), x25519Key()},
	} {
		for _, content := range []ContentCipher{AES256GCM, AES256CBC} {
			der := envelopeOf(content, key, c.info)
			for _, given := range []error{away, rsa.ErrDecryption, errors.New("0x20: CKR_DATA_INVALID")} {
				held := []Key{{c.key.Certificate, answering{given}}}
				_, err := decrypt(io.Discard, bytes.NewReader(der), held)
				switch {
				case errors.Is(given, ErrNotAsked) && err != given: //nolint:errorlint // the very one
					t.Errorf("%s, %v, %v: %v", name, content, given, err)
				case !errors.Is(given, ErrNotAsked) && content.Authenticated() && (err == nil || err.Error() != ErrDecrypt.Error()):
					t.Errorf("%s, %v, %v: %v", name, content, given, err)
				case !errors.Is(given, ErrNotAsked) && err != nil && err.Error() != ErrDecrypt.Error():
					t.Errorf("%s, %v, %v: %v", name, content, given, err)
				}
			}
		}
	}
}
