package app

import (
	"bytes"
	"crypto"
	"crypto/mlkem"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/keyfile"
	"aau.dk/sendsikker/internal/smime"
)

// identity is a private key with the certificates that stand beside it.
type identity struct {
	name         string
	private      crypto.PrivateKey
	certificates []*x509.Certificate
}

// withPassword is a command that reads files with keys.
type withPassword struct {
	PasswordFile string `env:"-" help:"File whose first line is the password of the key file." type:"existingfile" placeholder:"FILE"`
}

// password is the first line of its file: an editor ends it with a line break.
func (w withPassword) password() (string, error) {
	if w.PasswordFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(w.PasswordFile)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// readIdentity reads KEY+CERTIFICATE from one file, or KEY,CERTIFICATE from two; issuers may follow.
func readIdentity(files, password string) (identity, error) {
	id := identity{name: files}
	for name := range strings.SplitSeq(files, ",") {
		text, err := os.ReadFile(name)
		if err != nil {
			return id, err
		}
		content, err := keyfile.Read(text, password)
		clear(text)
		if err != nil {
			return id, fmt.Errorf("%s: %w", name, inWords(err))
		}
		for _, key := range content.Keys {
			if id.private != nil {
				return id, fmt.Errorf("%s: more than one private key in it", name)
			}
			id.private = key
		}
		id.certificates = append(id.certificates, content.Certificates...)
	}
	switch {
	case id.private == nil:
		return id, fmt.Errorf("%s: no private key in it", files)
	case len(id.matching()) == 0:
		return id, fmt.Errorf("%s: no certificate in it that belongs to the private key", files)
	}
	return id, nil
}

// matching are the certificates of the key: a renewed one may have the same.
func (id identity) matching() []*x509.Certificate {
	public := id.public()
	var found []*x509.Certificate
	for _, c := range id.certificates {
		if len(public) > 0 && bytes.Contains(c.RawSubjectPublicKeyInfo, public) {
			found = append(found, c)
		}
	}
	return found
}

// public is the key as it stands in a certificate's BIT STRING.
func (id identity) public() []byte {
	if key, ok := id.private.(*mlkem.DecapsulationKey768); ok {
		return key.EncapsulationKey().Bytes()
	}
	key, ok := id.private.(interface{ Public() crypto.PublicKey })
	if !ok {
		return nil
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil
	}
	s := cryptobyte.String(der)
	var inner, algorithm cryptobyte.String
	var bits []byte
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&algorithm, asn1.SEQUENCE) || !inner.ReadASN1BitStringAsBytes(&bits) {
		return nil
	}
	return bits
}

// readSigner takes the other certificates of the file for the signer's issuers.
func readSigner(files, password string) (smime.Signer, error) {
	id, err := readIdentity(files, password)
	if err != nil {
		return smime.Signer{}, err
	}
	key, ok := id.private.(crypto.Signer)
	if !ok {
		return smime.Signer{}, fmt.Errorf("%s: its key is for decrypting alone, and cannot sign", files)
	}
	s := smime.Signer{Certificate: id.matching()[0], Key: key}
	for _, c := range id.certificates {
		if c.IsCA && !c.Equal(s.Certificate) {
			s.Chain = append(s.Chain, c)
		}
	}
	return s, nil
}

func readKeys(files []string, password string) ([]smime.Key, error) {
	var keys []smime.Key
	for _, name := range files {
		id, err := readIdentity(name, password)
		if err != nil {
			return nil, err
		}
		for _, c := range id.matching() {
			keys = append(keys, smime.Key{Certificate: c, Private: id.private})
		}
	}
	return keys, nil
}

// readRecipients takes the first certificate of each file: what follows are issuers.
func readRecipients(files []string) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := x509.ParseCertificate(text)
		if err != nil {
			found, err := readPEM([]string{name})
			if err != nil {
				return nil, fmt.Errorf("%w (a recipient's certificate is wanted, in PEM or DER)", err)
			}
			c = found[0]
		}
		list = append(list, c)
	}
	return list, nil
}
