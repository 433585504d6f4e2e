//go:build cgo

package token

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/miekg/pkcs11"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
)

// place is where a key is.
type place struct {
	library *Library
	at      device.Reference
}

// sign has the token sign.
func (p place) sign(mechanism *pkcs11.Mechanism, message []byte) ([]byte, error) {
	return do(context.Background(), p, func(lib *pkcs11.Ctx, s *session, key pkcs11.ObjectHandle) ([]byte, error) {
		if err := lib.SignInit(s.handle, []*pkcs11.Mechanism{mechanism}, key); err != nil {
			return nil, start("signing", err)
		}
		signature, err := lib.Sign(s.handle, message)
		if err != nil {
			if err = broken(fmt.Errorf("signing: %w", err)); !isStale(err) {
				return nil, device.Refused("the token did not sign: %w", err)
			}
		}
		return signature, err
	})
}

// start sorts the errors of beginning an operation: nothing of what it is done with has been shown to the token yet.
func start(tried string, err error) error {
	code, is := errors.AsType[pkcs11.Error](err)
	switch {
	case is && slices.Contains([]uint{
		pkcs11.CKR_MECHANISM_INVALID, pkcs11.CKR_MECHANISM_PARAM_INVALID, pkcs11.CKR_ARGUMENTS_BAD, pkcs11.CKR_FUNCTION_NOT_SUPPORTED,
	}, uint(code)):
		return device.Cannot("the token has no such mechanism for %s: %w", tried, err)
	case isStale(broken(err)):
		return broken(fmt.Errorf("%s: %w", tried, err))
	}
	return device.Refused("the token does not let us use the key for %s: %w", tried, err)
}

type rsaKey struct {
	place
	public *rsa.PublicKey
}

func (k *rsaKey) Public() crypto.PublicKey { return k.public }

// row is what PKCS #11 calls a hash. prefix is what stands before a digest that PKCS #1 v1.5 signs (RFC 8017 §9.2, note 1).
type row struct {
	hash, mgf uint
	prefix    string
}

func rowOf(h crypto.Hash) (row, bool) {
	r, known := map[crypto.Hash]row{
		crypto.SHA1:   {pkcs11.CKM_SHA_1, pkcs11.CKG_MGF1_SHA1, ""}, // nobody signs with it
		crypto.SHA224: {pkcs11.CKM_SHA224, pkcs11.CKG_MGF1_SHA224, ""},
		crypto.SHA256: {pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256, "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"},
		crypto.SHA384: {pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384, "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"},
		crypto.SHA512: {pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512, "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"},
	}[h]
	return r, known
}

// Sign signs a digest: PKCS #1 v1.5, or PSS.
func (k *rsaKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	hash := opts.HashFunc()
	row, known := rowOf(hash)
	if !known || row.prefix == "" {
		return nil, device.Cannot("no token signs %v here", hash)
	}
	if len(digest) != hash.Size() {
		return nil, errors.New("token: the digest is not of the hash that is named")
	}
	pss, is := opts.(*rsa.PSSOptions)
	if !is {
		return k.sign(pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS, nil), append([]byte(row.prefix), digest...))
	}
	salt := pss.SaltLength
	if salt == rsa.PSSSaltLengthEqualsHash || salt == rsa.PSSSaltLengthAuto {
		salt = hash.Size()
	}
	return k.sign(pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_PSS, pkcs11.NewPSSParams(row.hash, row.mgf, uint(salt))), digest)
}

var errDecryption = errors.New("token: decryption failed")

// Decrypt opens PKCS #1 v1.5, and OAEP with any hashes. Of v1.5 with a session key length it gives a random key where the token
// found the padding wrong, as crypto/rsa does (Bleichenbacher 1998). How long the token takes to find it wrong is its own affair.
func (k *rsaKey) Decrypt(_ io.Reader, encrypted []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	var got []byte
	var err error
	size := 0
	switch o := opts.(type) {
	case *rsa.PKCS1v15DecryptOptions:
		size = o.SessionKeyLen
		got, err = k.raw(pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS, nil), encrypted)
	case *rsa.OAEPOptions:
		got, err = k.oaep(encrypted, o)
	default:
		return nil, device.Cannot("no token decrypts like that here")
	}
	instead := make([]byte, size)
	rand.Read(instead)
	switch {
	case err != nil:
		return nil, err
	case size > 0 && len(got) != size:
		return instead, nil
	case len(got) == 0:
		return nil, errDecryption
	}
	return got, nil
}

// raw gives nothing where the token says anything at all about what was decrypted.
func (k *rsaKey) raw(mechanism *pkcs11.Mechanism, encrypted []byte) ([]byte, error) {
	if len(encrypted) != k.public.Size() { // everybody can see that
		return nil, nil
	}
	return do(context.Background(), k.place, func(lib *pkcs11.Ctx, s *session, key pkcs11.ObjectHandle) ([]byte, error) {
		if err := lib.DecryptInit(s.handle, []*pkcs11.Mechanism{mechanism}, key); err != nil {
			return nil, start("decrypting", err)
		}
		plain, err := lib.Decrypt(s.handle, encrypted)
		if gone(err) {
			return nil, stale{err}
		}
		return plain, nil // nothing where there was any other error: it may be about the padding
	})
}

// oaep asks the token for OAEP. One that has it with SHA-1 alone (SoftHSM 2.6 and old cards do) is asked for RSA without padding,
// which is then taken off here: we tell every partner that we read SHA-256.
func (k *rsaKey) oaep(encrypted []byte, o *rsa.OAEPOptions) ([]byte, error) {
	mgf := o.MGFHash
	if mgf == 0 {
		mgf = o.Hash
	}
	row, known := rowOf(o.Hash)
	masked, also := rowOf(mgf)
	if !known || !also {
		return nil, device.Cannot("RSA-OAEP with %v and %v", o.Hash, mgf)
	}
	parameters := pkcs11.NewOAEPParams(row.hash, masked.mgf, pkcs11.CKZ_DATA_SPECIFIED, o.Label)
	got, err := k.raw(pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_OAEP, parameters), encrypted)
	if !isCannot(err) {
		return got, err
	}
	block, err := k.raw(pkcs11.NewMechanism(pkcs11.CKM_RSA_X_509, nil), encrypted)
	if err != nil {
		return nil, err
	}
	return unpad(block, k.public.Size(), o.Hash, mgf, o.Label), nil
}

func isCannot(err error) bool { return err != nil && fault.From(err).Code == device.CodeCannot }
