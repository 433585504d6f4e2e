package cms

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"

	"golang.org/x/crypto/cryptobyte"
)

// recipient is the entry that we open. unlock puts the content key over the random one and gives 1, or leaves it and gives
// 0 where that is known; with RSA PKCS #1 v1.5 it must not be known, and gives 1 too.
type recipient struct {
	key    Key
	scheme string
	unlock func(contentKey []byte) int
}

func findRecipient(infos []recipientInfo, keys []Key) (recipient, error) {
	err := ErrNoRecipient
	for _, info := range infos {
		var found recipient
		var named bool
		switch info.kind {
		case KeyTransport:
			found, named = findKeyTransport(info, keys)
		case KeyAgreement:
			found, named = findKeyAgreement(info, keys)
		case KeyShared, Password, OtherKind: // nothing that a certificate opens
		}
		if found.unlock != nil {
			return found, nil
		}
		if named {
			err = ErrUnsupported
		}
	}
	return recipient{}, err
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
		if _, isRSA := key.Certificate.PublicKey.(*rsa.PublicKey); !ok || !isRSA || !entry.algorithm.oid.Equal(oidRSA) {
			continue
		}
		return recipient{key, "RSA PKCS #1 v1.5", func(contentKey []byte) int {
			unlockRSA(private, entry.encrypted, contentKey)
			return 1
		}}, true
	}
	return recipient{}, named
}

// unlockRSA gives no answer, for any answer would be Bleichenbacher's oracle.
func unlockRSA(private crypto.Decrypter, encrypted, contentKey []byte) {
	if key, ok := private.(*rsa.PrivateKey); ok {
		//lint:ignore SA1019 the constant-time way to read what nearly every client writes; the error is a public length
		_ = rsa.DecryptPKCS1v15SessionKey(nil, key, encrypted, contentKey)
		return
	}
	//lint:ignore SA1019 as above, for a key that lives in a module
	options := &rsa.PKCS1v15DecryptOptions{SessionKeyLen: len(contentKey)}
	if got, err := private.Decrypt(rand.Reader, encrypted, options); err == nil && len(got) == len(contentKey) {
		copy(contentKey, got)
	}
}

type agreer interface {
	ECDH(*ecdh.PublicKey) ([]byte, error)
}

func findKeyAgreement(info recipientInfo, keys []Key) (recipient, bool) {
	entry, ok := info.keyAgreement()
	if !ok {
		return recipient{}, false
	}
	// Once, and before any key of ours is touched: one entry may name us a hundred thousand times.
	scheme, known := agreementByOID(entry.algorithm.oid)
	wrap, size, wrapKnown := readWrap(entry.algorithm.parameters)
	named := false
	for _, theirs := range entry.keys {
		for _, key := range keys {
			if !theirs.to.names(key.Certificate) {
				continue
			}
			named = true
			if !known || !wrapKnown {
				return recipient{}, named
			}
			public, isEC := key.Certificate.PublicKey.(*ecdsa.PublicKey)
			private, can := agreerOf(key.Private)
			if !isEC || !can {
				continue
			}
			return recipient{key, "ECDH " + public.Curve.Params().Name, func(contentKey []byte) int {
				got, ok := unlockECDH(public, private, entry, scheme, wrap, size, theirs.encrypted)
				return replaceKey(contentKey, got, ok)
			}}, true
		}
	}
	return recipient{}, named
}

func agreerOf(key crypto.PrivateKey) (agreer, bool) {
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		e, err := k.ECDH()
		return e, err == nil
	}
	a, ok := key.(agreer)
	return a, ok
}

// readWrap reads the key wrap's AlgorithmIdentifier out of the scheme's parameters, and keeps it as it stands for the KDF.
func readWrap(der []byte) (keyInfo []byte, size int, ok bool) {
	s := cryptobyte.String(der)
	a, ok := readAlgorithm(&s)
	if !ok || !s.Empty() {
		return nil, 0, false
	}
	size, ok = wrapSize(a.oid)
	return der, size, ok
}

func unlockECDH(public *ecdsa.PublicKey, private agreer, entry keyAgreement, scheme agreementRow, keyInfo []byte, size int, wrapped []byte) ([]byte, bool) {
	ours, err := public.ECDH()
	if err != nil {
		return nil, false
	}
	ephemeral, err := ours.Curve().NewPublicKey(entry.originator.RightAlign()) // refuses points off the curve
	if err != nil {
		return nil, false
	}
	secret, err := private.ECDH(ephemeral)
	if err != nil {
		return nil, false
	}
	kek, err := keyEncryptionKey(scheme.hash, secret, keyInfo, entry.ukm, size)
	if err != nil {
		return nil, false
	}
	return unwrapKey(kek, wrapped)
}

func replaceKey(contentKey, got []byte, ok bool) int {
	if !ok || len(got) != len(contentKey) {
		return 0
	}
	copy(contentKey, got)
	return 1
}
