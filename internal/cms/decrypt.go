package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Key opens what was encrypted for Certificate. For an RSA certificate Private is a crypto.Decrypter; for an EC one it has
// a method ECDH(*ecdh.PublicKey) ([]byte, error), as *ecdh.PrivateKey has, or is an *ecdsa.PrivateKey.
type Key struct {
	Certificate *x509.Certificate
	Private     crypto.PrivateKey
}

// Decrypted is how the content was protected.
type Decrypted struct {
	Cipher     ContentCipher
	KeyScheme  string // how the content key reached us, in words
	Recipients int
	Key        *x509.Certificate // ours, that was used
}

// Decrypt reads one EnvelopedData and writes its content to dst. What reached dst must be thrown away unless the error is
// nil, and is proof of nothing even then: CBC content can be altered by anybody (EFAIL), and where a content key was
// forged it is noise. Only a signature inside tells.
//
// The first entry that names one of keys is used, and no other: trying several would tell an attacker which of them fitted
// (CVE-2026-42768). The result is nil only where the error is ErrMalformed, ErrWrongType, or the reader's or writer's own.
func Decrypt(dst io.Writer, src io.Reader, keys []Key) (*Decrypted, error) {
	r := newReader(src)
	contentType, err := r.contentInfo()
	if err != nil {
		return nil, err
	}
	if !contentType.Equal(OIDEnvelopedData) {
		return nil, ErrWrongType
	}
	e, err := r.readEnvelope()
	if err != nil {
		return nil, err
	}
	d := &Decrypted{Recipients: len(e.recipients)}
	row, known := cipherByOID(e.cipher.oid)
	if !known || !e.inner.Equal(OIDData) {
		return d, ErrUnsupported
	}
	d.Cipher = row.cipher
	iv, ok := readIV(e.cipher.parameters)
	if !ok {
		return nil, malformed("initialisation vector")
	}
	found, err := findRecipient(e.recipients, keys)
	if err != nil {
		return d, err
	}
	d.KeyScheme, d.Key = found.scheme, found.key.Certificate
	// From here on there is one error and the same work, whatever fails: a random key takes the place of one that could
	// not be had, and the content is gone through with it to the end (RFC 3218 §2.3.2).
	contentKey := make([]byte, row.keySize)
	rand.Read(contentKey)
	good := found.unlock(contentKey)
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return d, ErrDecrypt
	}
	content, err := r.encryptedContent()
	if err != nil {
		return nil, err
	}
	padded, err := decryptCBC(dst, content, cipher.NewCBCDecrypter(block, iv))
	if err != nil {
		return nil, err
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	if good&padded != 1 {
		return d, ErrDecrypt
	}
	return d, nil
}

func readIV(der []byte) ([]byte, bool) {
	s := cryptobyte.String(der)
	var iv cryptobyte.String
	ok := s.ReadASN1(&iv, cbasn1.OCTET_STRING) && s.Empty() && len(iv) == aes.BlockSize
	return iv, ok
}

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
	named := false
	for _, theirs := range entry.keys {
		for _, key := range keys {
			if !theirs.to.names(key.Certificate) {
				continue
			}
			named = true
			scheme, known := agreementByOID(entry.algorithm.oid)
			wrap, size, wrapKnown := readWrap(entry.algorithm.parameters)
			public, isEC := key.Certificate.PublicKey.(*ecdsa.PublicKey)
			private, can := agreerOf(key.Private)
			if !known || !wrapKnown || !isEC || !can {
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

// decryptCBC writes the content without its padding (RFC 5652 §6.3), and gives 1 where the padding was right. The last
// block is held back until then. It reads to the end whatever it finds.
func decryptCBC(dst io.Writer, src io.Reader, mode cipher.BlockMode) (int, error) {
	buf := make([]byte, aes.BlockSize+chunk)
	held := 0 // plaintext at the start of buf: nothing, or the last block so far
	for {
		n, err := io.ReadFull(src, buf[held:held+chunk])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return 0, err
		}
		if n%aes.BlockSize != 0 {
			return 0, nil // only at the end, for a chunk is a multiple of the block size
		}
		mode.CryptBlocks(buf[held:held+n], buf[held:held+n])
		end := held + n
		if end == 0 {
			return 0, nil
		}
		if _, err := dst.Write(buf[:end-aes.BlockSize]); err != nil {
			return 0, err
		}
		held = copy(buf, buf[end-aes.BlockSize:end])
		if last {
			break
		}
	}
	pad := int(buf[held-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, aes.BlockSize)
	for i := range aes.BlockSize {
		padding := subtle.ConstantTimeLessOrEq(i+1, pad)
		good &= subtle.ConstantTimeSelect(padding, subtle.ConstantTimeByteEq(buf[held-1-i], byte(pad)), 1)
	}
	if good != 1 {
		return 0, nil
	}
	_, err := dst.Write(buf[:held-pad])
	return 1, err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
