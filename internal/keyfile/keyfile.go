package keyfile

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// MaxBytes is the largest file that is read: a key and a chain take 10 KB, and an organisation's whole bundle some hundred.
	MaxBytes = 1 << 20
	// MaxCertificates in one file: a chain has four.
	MaxCertificates = 100
	// maxKeys in one file: one for signing and one for encryption, of this year and of those before.
	maxKeys = 20
	// maxKey is the largest private key: PKCS #8 of RSA-8192 has 4.7 KB. To check a larger one costs more than it is worth.
	maxKey = 6 << 10
	// maxPassword is longer than any that a person types.
	maxPassword = 1 << 10
)

// Content is what a file holds, in its order.
type Content struct {
	Keys         []crypto.PrivateKey
	Certificates []*x509.Certificate
}

// Read reads a file. The password is for what is encrypted in it, and not looked at where nothing is. Every error is a fault.Fault
// that tells whoever brought the file what to do; none of it quotes the file or the password.
func Read(file []byte, password string) (Content, error) {
	r := reader{password: password, work: budget{maxWork}}
	err := r.read(file)
	if err != nil {
		if _, is := errors.AsType[*fault.Fault](err); !is {
			err = broken(err.Error())
		}
		return Content{}, err
	}
	if len(r.Keys)+len(r.Certificates) == 0 {
		return Content{}, broken("neither a key nor a certificate in it")
	}
	return r.Content, nil
}

// reader collects what a file holds, and keeps the account of the work that it takes.
type reader struct {
	Content
	password string
	work     budget
}

func (r *reader) read(file []byte) error {
	if len(file) > MaxBytes {
		return tooLarge()
	}
	if len(r.password) > maxPassword {
		return wrongPassword()
	}
	if block, _ := pem.Decode(file); block != nil {
		return r.pem(file)
	}
	if len(file) == 0 || file[0] != 0x30 {
		return errors.New("neither PEM nor DER")
	}
	der, err := canonical(file)
	if err != nil {
		return err
	}
	if c, err := x509.ParseCertificate(der); err == nil {
		return r.certificate(c)
	}
	if looksLikePKCS12(der) {
		return r.pkcs12(der)
	}
	return r.pkcs8(der)
}

func (r *reader) certificate(c *x509.Certificate) error {
	for _, have := range r.Certificates {
		if have.Equal(c) {
			return nil
		}
	}
	if len(r.Certificates) >= MaxCertificates {
		return tooLarge()
	}
	r.Certificates = append(r.Certificates, c)
	return nil
}

func (r *reader) key(key crypto.PrivateKey) error {
	if len(r.Keys) >= maxKeys {
		return tooLarge()
	}
	r.Keys = append(r.Keys, key)
	return nil
}
