package app

import (
	"bytes"
	"crypto"
	"crypto/mlkem"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/smime"
)

// identity is a private key with the certificates that stand beside it.
type identity struct {
	name         string
	private      crypto.PrivateKey
	certificates []*x509.Certificate
}

// readIdentity reads KEY+CERTIFICATE from one PEM file, or KEY,CERTIFICATE from two; issuers may follow.
func readIdentity(files string) (identity, error) {
	id := identity{name: files}
	for name := range strings.SplitSeq(files, ",") {
		text, err := os.ReadFile(name)
		if err != nil {
			return id, err
		}
		err = id.add(text)
		clear(text)
		if err != nil {
			return id, fmt.Errorf("%s: %w", name, err)
		}
	}
	switch {
	case id.private == nil:
		return id, fmt.Errorf("%s: no private key in it", files)
	case len(id.matching()) == 0:
		return id, fmt.Errorf("%s: no certificate in it that belongs to the private key", files)
	}
	return id, nil
}

func (id *identity) add(text []byte) error {
	block, rest := pem.Decode(text)
	if block == nil {
		if len(text) > 0 && text[0] == 0x30 {
			return errors.New("this is DER or PKCS #12 (.p12, .pfx). Make it PEM first: openssl pkcs12 -in FILE.p12 -noenc -out FILE.pem")
		}
		return errors.New("neither a key nor a certificate in PEM")
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return fmt.Errorf("a certificate cannot be read: %w", err)
			}
			id.certificates = append(id.certificates, c)
			continue
		}
		private, err := privateKey(block)
		clear(block.Bytes)
		switch {
		case err != nil:
			return err
		case private != nil && id.private != nil:
			return errors.New("more than one private key in it")
		case private != nil:
			id.private = private
		}
	}
	return nil
}

// privateKey is nil for a block that holds none, such as EC PARAMETERS. No error of a parser is passed on: it might quote.
func privateKey(block *pem.Block) (crypto.PrivateKey, error) {
	var key crypto.PrivateKey
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			key, err = mlkemKey(block.Bytes)
		}
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the private key is encrypted. Decrypt it first: openssl pkey -in FILE -out PLAIN.pem")
	default:
		return nil, nil
	}
	if err != nil {
		if block.Headers["DEK-Info"] != "" {
			return nil, errors.New("the private key is encrypted. Decrypt it first: openssl pkey -in FILE -out PLAIN.pem")
		}
		return nil, errors.New("the private key cannot be read")
	}
	return key, nil
}

// mlkemKey reads ML-KEM-768's private key, whose seed stands alone or in front (RFC 9935 §6).
func mlkemKey(der []byte) (crypto.PrivateKey, error) {
	s := cryptobyte.String(der)
	var inner, algorithm, octets, both, seed cryptobyte.String
	var version int
	unreadable := errors.New("unreadable")
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&version) || !inner.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!inner.ReadASN1(&octets, asn1.OCTET_STRING) || !bytes.Equal(algorithm, []byte("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04\x02")) {
		return nil, unreadable
	}
	alone := octets.PeekASN1Tag(asn1.Tag(0).ContextSpecific())
	if alone && !octets.ReadASN1(&seed, asn1.Tag(0).ContextSpecific()) {
		return nil, unreadable
	}
	if !alone && (!octets.ReadASN1(&both, asn1.SEQUENCE) || !both.ReadASN1(&seed, asn1.OCTET_STRING)) {
		return nil, unreadable
	}
	return mlkem.NewDecapsulationKey768(seed)
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
func readSigner(files string) (smime.Signer, error) {
	id, err := readIdentity(files)
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

func readKeys(files []string) ([]smime.Key, error) {
	var keys []smime.Key
	for _, name := range files {
		id, err := readIdentity(name)
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
