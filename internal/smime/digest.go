package smime

import (
	"bytes"
	"crypto"
	"io"

	"aau.dk/sendsikker/internal/cms"
)

// digests runs while content streams by, so that it need not be read again once the signature behind it says which.
type digests map[crypto.Hash]interface {
	io.Writer
	Sum([]byte) []byte
}

// newDigests takes the names of micalg for a hint (RFC 8551 §3.5.3.2); senders are often wrong about it.
func newDigests(micalg string) digests {
	d := digests{}
	for _, h := range hashesNamed(micalg) {
		d[h] = h.New()
	}
	return d
}

func (d digests) Write(p []byte) (int, error) {
	for _, h := range d {
		_, _ = h.Write(p) // a digest does not fail
	}
	return len(p), nil
}

// verify reads the content once more for a digest that micalg did not promise.
func (d digests) verify(der []byte, content Hold) (*cms.Signed, error) {
	m, err := cms.ReadMessage(bytes.NewReader(der))
	if err != nil {
		return nil, err
	}
	return m.VerifyDetached(func(h crypto.Hash) ([]byte, error) {
		if d[h] == nil {
			r, err := content.Reader()
			if err != nil {
				return nil, err
			}
			sum := h.New()
			if _, err := io.Copy(sum, r); err != nil {
				return nil, err
			}
			d[h] = sum
		}
		return d[h].Sum(nil), nil
	})
}
