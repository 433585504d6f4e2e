package cms

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// addKeyTransport writes KeyTransRecipientInfo (RFC 5652 §6.2.1).
func addKeyTransport(b *cryptobyte.Builder, c *x509.Certificate, key *rsa.PublicKey, oaep bool, contentKey []byte) error {
	scheme := algorithm{oidRSA, derNull} // RFC 3370 §4.2.1: NULL, not absent
	var encrypted []byte
	var err error
	if oaep {
		scheme = algorithm{oid: oidOAEP}
		if scheme.parameters, err = oaepParameters(crypto.SHA256); err == nil {
			encrypted, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, key, contentKey, nil)
		}
	} else {
		//lint:ignore SA1019 the only RSA encryption that Outlook, Apple Mail and gpgsm all read; RFC 8551 §2.3 has it as MUST-
		encrypted, err = rsa.EncryptPKCS1v15(rand.Reader, key, contentKey)
	}
	if err != nil {
		return fmt.Errorf("cms: encrypting the content key: %w", err)
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0) // issuerAndSerialNumber
		addIssuerAndSerial(b, cbasn1.SEQUENCE, c)
		scheme.add(b)
		b.AddASN1OctetString(encrypted)
	})
	return nil
}

func findKeyTransport(info recipientInfo, keys []Key) (recipient, bool) {
	entry, ok := info.keyTransport()
	if !ok {
		return recipient{}, false
	}
	named := false
	for _, key := range keys {
		if !entry.to.names(key.Certificate) {
			continue
		}
		named = true
		private, ok := key.Private.(crypto.Decrypter)
		if _, isRSA := key.Certificate.PublicKey.(*rsa.PublicKey); !ok || !isRSA {
			continue
		}
		if entry.algorithm.oid.Equal(oidRSA) && entry.algorithm.bare() {
			return recipient{key, "RSA PKCS #1 v1.5", func(contentKey []byte) (int, error) {
				return 1, unlockRSA(private, entry.encrypted, contentKey)
			}}, true
		}
		if options, ok := readOAEP(entry.algorithm); ok {
			return recipient{key, "RSA-OAEP", func(contentKey []byte) (int, error) {
				// Manger 2001: what OAEP found wrong must stay as unknown as with v1.5, so its error is only a 0 here.
				got, err := private.Decrypt(rand.Reader, entry.encrypted, options)
				return replaceKey(contentKey, got, err == nil), notAsked(err)
			}}, true
		}
	}
	return recipient{}, named
}

// unlockRSA gives no answer but that there was none, for any other would be Bleichenbacher's oracle.
func unlockRSA(private crypto.Decrypter, encrypted, contentKey []byte) error {
	if key, ok := private.(*rsa.PrivateKey); ok {
		//lint:ignore SA1019 the constant-time way to read what nearly every client writes; the error is a public length
		_ = rsa.DecryptPKCS1v15SessionKey(nil, key, encrypted, contentKey)
		return nil
	}
	//lint:ignore SA1019 as above, for a key that lives in a module
	options := &rsa.PKCS1v15DecryptOptions{SessionKeyLen: len(contentKey)}
	got, err := private.Decrypt(rand.Reader, encrypted, options)
	if err == nil && len(got) == len(contentKey) {
		copy(contentKey, got)
	}
	return notAsked(err)
}
