//go:build cgo

package token

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"errors"
	"io"
	"math/big"

	"github.com/miekg/pkcs11"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/device"
)

type ecKey struct {
	place
	public *ecdsa.PublicKey
}

func (k *ecKey) Public() crypto.PublicKey { return k.public }

// Sign signs a digest. The token gives r and s one after the other (PKCS #11 §6.3.1), and X.509 wants them as a SEQUENCE.
func (k *ecKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if hash := opts.HashFunc(); hash != 0 && len(digest) != hash.Size() {
		return nil, errors.New("token: the digest is not of the hash that is named")
	}
	size := (k.public.Curve.Params().BitSize + 7) / 8
	if len(digest) > size { // FIPS 186-5 §6.4.1: the leftmost bits; not every library cuts for itself
		digest = digest[:size]
	}
	raw, err := k.sign(pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil), digest)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 || len(raw)%2 != 0 || len(raw) > 2*size {
		return nil, device.Refused("the token's signature is none")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:len(raw)/2]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[len(raw)/2:]))
	})
	return b.Bytes()
}

// ECDH agrees on a secret with somebody's ephemeral key, which crypto/ecdh has found to be on the curve. The secret is an object of the
// session that is read and deleted; it is not the key.
func (k *ecKey) ECDH(theirs *ecdh.PublicKey) ([]byte, error) {
	ours, err := k.public.ECDH()
	if err != nil || ours.Curve() != theirs.Curve() {
		return nil, errors.New("token: keys on two curves")
	}
	size := (k.public.Curve.Params().BitSize + 7) / 8
	mechanism := pkcs11.NewMechanism(pkcs11.CKM_ECDH1_DERIVE, pkcs11.NewECDH1DeriveParams(pkcs11.CKD_NULL, nil, theirs.Bytes()))
	template := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY), pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_GENERIC_SECRET),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, false), pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, false), pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, true),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, size),
	}
	secret, err := do(context.Background(), k.place, func(lib *pkcs11.Ctx, s *session, key pkcs11.ObjectHandle) ([]byte, error) {
		object, err := lib.DeriveKey(s.handle, []*pkcs11.Mechanism{mechanism}, key, template)
		if err != nil {
			return nil, start("agreeing on a secret", err)
		}
		defer func() { _ = lib.DestroyObject(s.handle, object) }() // it ends with the session at the latest
		got, err := lib.GetAttributeValue(s.handle, object, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VALUE, nil)})
		switch {
		case gone(err):
			return nil, stale{err}
		case err != nil || len(got) != 1:
			return nil, device.Refused("the token keeps the secret that was agreed on to itself")
		}
		return got[0].Value, nil
	})
	if err != nil {
		return nil, err
	}
	if len(secret) > size {
		return nil, errors.New("token: a secret that is too long")
	}
	whole := make([]byte, size) // some libraries leave leading zeros out
	copy(whole[size-len(secret):], secret)
	return whole, nil
}
