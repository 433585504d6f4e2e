package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
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
	r := ber.NewReader(src)
	contentType, err := contentInfo(r)
	if err != nil {
		return nil, err
	}
	if !contentType.Equal(OIDEnvelopedData) {
		return nil, ErrWrongType
	}
	e, err := readEnvelope(r)
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
	content, err := encryptedContent(r)
	if err != nil {
		return nil, err
	}
	padded, err := decryptCBC(dst, content, cipher.NewCBCDecrypter(block, iv))
	if err != nil {
		return nil, err
	}
	if err := r.Finish(); err != nil {
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
