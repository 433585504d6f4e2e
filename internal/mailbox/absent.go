package mailbox

import (
	"crypto"
	"crypto/ecdh"
	"crypto/x509"
	"errors"
	"io"

	"aau.dk/sendsikker/internal/cms"
)

// absent stands for a key whose device could not be asked. Whatever it is asked, it gives the reason.
type absent struct {
	public crypto.PublicKey
	why    error
}

func (a absent) Public() crypto.PublicKey                                        { return a.public }
func (a absent) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error)       { return nil, a.why }
func (a absent) Decrypt(io.Reader, []byte, crypto.DecrypterOpts) ([]byte, error) { return nil, a.why }
func (a absent) ECDH(*ecdh.PublicKey) ([]byte, error)                            { return nil, a.why }

// orAbsent puts an absent one in the place of a certificate's key that could not be asked.
func orAbsent(c *x509.Certificate) func(crypto.Signer, error) (crypto.Signer, error) {
	return func(key crypto.Signer, err error) (crypto.Signer, error) {
		if errors.Is(err, cms.ErrNotAsked) {
			return absent{c.PublicKey, err}, nil
		}
		return key, err
	}
}
