package mailbox

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/store"
)

// Fingerprint names a certificate.
func Fingerprint(c *x509.Certificate) [sha256.Size]byte { return sha256.Sum256(c.Raw) }

func parse(row store.Mailbox) (Mailbox, error) {
	leaf, err := x509.ParseCertificate(row.Certificate)
	if err != nil {
		return Mailbox{}, fmt.Errorf("reading a mailbox's certificate: %w", err)
	}
	chain, err := x509.ParseCertificates(row.Chain)
	if err != nil {
		return Mailbox{}, fmt.Errorf("reading a mailbox's chain: %w", err)
	}
	return Mailbox{ID: row.ID, Address: row.Address, Name: row.Name, Certificate: leaf, Chain: chain, Undo: row.Undo}, nil
}

// parseKey reads PKCS#8, the only form that is stored.
func parseKey(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("the private key is not PKCS#8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

// fits says whether the key is the certificate's.
func fits(key crypto.Signer, c *x509.Certificate) error {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(c.PublicKey) {
		return errors.New("the private key is not the certificate's")
	}
	return nil
}

// ReadCertificates reads PEM certificates, the mailbox's own first and its issuers after it; what is not a certificate is
// passed over, and a root is left out of the chain (every reader has its own).
func ReadCertificates(text []byte) (leaf *x509.Certificate, chain []*x509.Certificate, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("reading a certificate: %w", err)
		}
		switch {
		case leaf == nil:
			leaf = c
		case c.CheckSignatureFrom(c) != nil:
			chain = append(chain, c)
		}
	}
	if leaf == nil {
		return nil, nil, errors.New("no PEM certificate found")
	}
	return leaf, chain, nil
}

// ReadKey reads a PEM private key: PKCS#8, PKCS#1 or SEC 1, not encrypted.
func ReadKey(text []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			return parseKey(block.Bytes)
		case "RSA PRIVATE KEY":
			return x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			return x509.ParseECPrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("the private key is encrypted: decrypt it first (openssl pkey -in KEY -out PLAIN)")
		}
	}
	return nil, errors.New("no PEM private key found")
}
