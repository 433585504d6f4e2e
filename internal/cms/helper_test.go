package cms

import (
	"crypto"
	"io"
)

// decrypt opens one message whole.
func decrypt(dst io.Writer, src io.Reader, keys []Key) (*Decrypter, error) {
	m, err := ReadMessage(src)
	if err != nil {
		return nil, err
	}
	d, err := m.Decrypt(keys)
	if err != nil {
		return d, err
	}
	_, err = io.Copy(dst, d)
	return d, err
}

// verify checks a SignedData over detached content, or over its own where that is nil.
func verify(src, detached io.Reader, dst io.Writer) (*Signed, error) {
	m, err := ReadMessage(src)
	if err != nil {
		return nil, err
	}
	if detached == nil {
		return m.Verify(dst)
	}
	content, err := io.ReadAll(detached)
	if err != nil {
		return nil, err
	}
	return m.VerifyDetached(func(h crypto.Hash) ([]byte, error) {
		sum := h.New()
		sum.Write(content)
		return sum.Sum(nil), nil
	})
}
