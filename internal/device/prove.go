package device

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/cms"
)

// ErrUnproved: a key signs something that does not verify, or does not open what was encrypted for it.
var ErrUnproved = errors.New("the key does not sign and open as a mailbox's key must")

// Prove has a key sign a word that verifies, and open another that was encrypted for it, as mail asks for it. A device that could
// not be asked is its own fault.
func Prove(key crypto.Signer) error {
	sum := sha256.Sum256([]byte("Send sikker"))
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return unproved("signing", err)
	}
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature); err != nil {
			return unproved("signing", err)
		}
		return proveRSA(key, public)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(public, sum[:], signature) {
			return unproved("signing", errors.New("a signature that does not verify"))
		}
		return proveEC(key, public)
	}
	return fmt.Errorf("%w: it is neither RSA nor EC", ErrUnproved)
}

func unproved(tried string, err error) error {
	if errors.Is(err, cms.ErrNotAsked) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrUnproved, tried, err)
}

// secretSize is an AES-256 key's.
const secretSize = 32

// proveRSA asks for both paddings: partners write the first, and we tell them all that we read the second (smime.Profile.Opens).
func proveRSA(key crypto.Signer, public *rsa.PublicKey) error {
	decrypter, can := key.(crypto.Decrypter)
	if !can {
		return fmt.Errorf("%w: it does not decrypt", ErrUnproved)
	}
	secret := make([]byte, secretSize)
	rand.Read(secret)
	v15, err := rsa.EncryptPKCS1v15(rand.Reader, public, secret)
	if err != nil {
		return unproved("encrypting", err)
	}
	oaep, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, secret, nil)
	if err != nil {
		return unproved("encrypting", err)
	}
	for _, one := range []struct {
		name      string
		encrypted []byte
		options   crypto.DecrypterOpts
	}{
		{"PKCS #1 v1.5", v15, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: secretSize}},
		{"OAEP", oaep, &rsa.OAEPOptions{Hash: crypto.SHA256}},
	} {
		got, err := decrypter.Decrypt(rand.Reader, one.encrypted, one.options)
		if err != nil {
			return unproved("opening "+one.name, err)
		}
		if !bytes.Equal(got, secret) {
			return unproved("opening "+one.name, errors.New("another secret came out"))
		}
	}
	return nil
}

func proveEC(key crypto.Signer, public *ecdsa.PublicKey) error {
	agreer, can := key.(interface {
		ECDH(*ecdh.PublicKey) ([]byte, error)
	})
	if !can {
		return fmt.Errorf("%w: it does not agree on secrets", ErrUnproved)
	}
	ours, err := public.ECDH()
	if err != nil {
		return unproved("agreeing", err)
	}
	theirs, err := ours.Curve().GenerateKey(rand.Reader)
	if err != nil {
		return unproved("agreeing", err)
	}
	want, err := theirs.ECDH(ours)
	if err != nil {
		return unproved("agreeing", err)
	}
	got, err := agreer.ECDH(theirs.PublicKey())
	if err != nil {
		return unproved("agreeing", err)
	}
	if !bytes.Equal(got, want) {
		return unproved("agreeing", errors.New("another secret came out"))
	}
	return nil
}
