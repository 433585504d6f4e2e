package keyfile

import (
	"bytes"
	"crypto"
	"crypto/mlkem"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var errKey = errors.New("the private key cannot be read")

// pem reads every block. What is neither key nor certificate, such as EC PARAMETERS, is passed over.
func (r *reader) pem(text []byte) error {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch {
		case block.Type == "CERTIFICATE":
			var c *x509.Certificate
			if c, err = x509.ParseCertificate(block.Bytes); err != nil {
				return errors.New("a certificate cannot be read")
			}
			err = r.certificate(c)
		case block.Headers["DEK-Info"] != "":
			err = r.encryptedPEM(block)
		case block.Type == "ENCRYPTED PRIVATE KEY":
			err = r.encryptedPKCS8(block.Bytes)
		default:
			err = r.plain(block.Type, block.Bytes)
		}
		if block.Type != "CERTIFICATE" { // a certificate keeps its bytes
			clear(block.Bytes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// encryptedPEM opens what OpenSSL wrote before 1.0 (RFC 1421's headers). It has no iterations and no check but its padding, so
// that a wrong password may also show as a key that cannot be read.
func (r *reader) encryptedPEM(block *pem.Block) error {
	der, err := x509.DecryptPEMBlock(block, []byte(r.password)) //nolint:staticcheck // weak, and still what old files have: it is read here, and never written
	if err != nil && !errors.Is(err, x509.IncorrectPasswordError) {
		return unsupported("PEM header")
	}
	if err == nil {
		err = r.plain(block.Type, der)
		clear(der)
	}
	if err != nil {
		return wrongPassword()
	}
	return nil
}

// plain reads a key that is not encrypted, as its PEM label has it.
func (r *reader) plain(label string, der []byte) error {
	if len(der) > maxKey {
		return errKey
	}
	var key crypto.PrivateKey
	var err error
	switch label {
	case "PRIVATE KEY":
		return r.pkcs8(der)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	default:
		return nil
	}
	if err != nil {
		return errKey // a parser's own words might quote
	}
	return r.key(key)
}

func (r *reader) pkcs8(der []byte) error {
	if len(der) > maxKey {
		return errKey
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if key, err = mlkemKey(der); err != nil {
			return unreadable(der)
		}
	}
	return r.key(key)
}

// unreadable tells a key of a kind that nobody here knows, such as DSA, from bytes that are no key.
func unreadable(der []byte) error {
	s := cryptobyte.String(der)
	var info cryptobyte.String
	var version int
	if s.ReadASN1(&info, asn1.SEQUENCE) && s.Empty() && info.ReadASN1Integer(&version) {
		if how, ok := readAlgorithm(&info); ok && !how.id.Equal(oidRSA) && !how.id.Equal(oidEC) {
			return unsupported("a key of kind " + how.id.String())
		}
	}
	return errKey
}

// encryptedPKCS8 opens EncryptedPrivateKeyInfo (RFC 5958 section 3).
func (r *reader) encryptedPKCS8(der []byte) error {
	s := cryptobyte.String(der)
	var info, sealed cryptobyte.String
	if !s.ReadASN1(&info, asn1.SEQUENCE) || !s.Empty() {
		return errKey
	}
	how, ok := readAlgorithm(&info)
	if !ok || !info.ReadASN1(&sealed, asn1.OCTET_STRING) || !info.Empty() {
		return errKey
	}
	plain, err := r.decrypt(how, sealed)
	if err != nil {
		return err
	}
	defer clear(plain)
	err = r.pkcs8(plain)
	if errors.Is(err, errKey) {
		return wrongPassword() // one in 256 wrong passwords leaves a padding that looks right
	}
	return err
}

// mlkemKey reads ML-KEM-768's private key, whose seed stands alone or in front (RFC 9935 section 6).
func mlkemKey(der []byte) (crypto.PrivateKey, error) {
	s := cryptobyte.String(der)
	var inner, algorithm, octets, both, seed cryptobyte.String
	var version int
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&version) || !inner.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!inner.ReadASN1(&octets, asn1.OCTET_STRING) || !bytes.Equal(algorithm, []byte("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04\x02")) {
		return nil, errKey
	}
	alone := octets.PeekASN1Tag(asn1.Tag(0).ContextSpecific())
	if alone && !octets.ReadASN1(&seed, asn1.Tag(0).ContextSpecific()) {
		return nil, errKey
	}
	if !alone && (!octets.ReadASN1(&both, asn1.SEQUENCE) || !both.ReadASN1(&seed, asn1.OCTET_STRING)) {
		return nil, errKey
	}
	key, err := mlkem.NewDecapsulationKey768(seed)
	if err != nil {
		return nil, errKey
	}
	return key, nil
}
