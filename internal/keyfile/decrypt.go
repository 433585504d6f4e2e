package keyfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // what old files are encrypted with: they are opened here, and never written
	"crypto/sha1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// decrypt opens what was encrypted under the password. Everything that is wrong with the result is a wrong password: nothing
// in these files tells it from damage.
func (r *reader) decrypt(how algorithm, sealed []byte) ([]byte, error) {
	block, iv, err := r.cipher(how)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(sealed) == 0 || len(sealed)%size != 0 || len(iv) != size {
		return nil, errKey
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > size {
		return nil, wrongPassword()
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, wrongPassword()
		}
	}
	return plain[:len(plain)-pad], nil
}

// cipher is how the parameters say.
func (r *reader) cipher(how algorithm) (cipher.Block, []byte, error) {
	if how.id.Equal(oidPBES2) {
		return r.pbes2(how.parameters)
	}
	var make func(key []byte) (cipher.Block, error)
	size := 0
	switch {
	case how.id.Equal(oidTripleDES3):
		make, size = des.NewTripleDESCipher, 24
	case how.id.Equal(oidTripleDES2):
		make, size = twoKeys, 16
	case how.id.Equal(oidRC2128):
		make, size = newRC2, 16
	case how.id.Equal(oidRC240):
		make, size = newRC2, 5
	default:
		return nil, nil, unsupported("encryption " + how.id.String())
	}
	var params, salt cryptobyte.String
	var rounds int64
	if !how.parameters.ReadASN1(&params, asn1.SEQUENCE) || !params.ReadASN1(&salt, asn1.OCTET_STRING) || !params.ReadASN1Integer(&rounds) || len(salt) > maxSalt {
		return nil, nil, errKey
	}
	key, err := r.derive(sha1.New, forKey, salt, bmp(r.password), rounds, size)
	if err != nil {
		return nil, nil, err
	}
	iv, err := r.derive(sha1.New, forIV, salt, bmp(r.password), rounds, des.BlockSize)
	if err != nil {
		return nil, nil, err
	}
	block, err := make(key)
	return block, iv, err
}

func twoKeys(key []byte) (cipher.Block, error) {
	return des.NewTripleDESCipher(append(key[:16:16], key[:8]...)) //nolint:gosec // the same
}

// pbes2 reads PBES2-params (RFC 8018 appendix A.4).
func (r *reader) pbes2(parameters cryptobyte.String) (cipher.Block, []byte, error) {
	var params, iv cryptobyte.String
	if !parameters.ReadASN1(&params, asn1.SEQUENCE) {
		return nil, nil, errKey
	}
	derivation, ok := readAlgorithm(&params)
	scheme, also := readAlgorithm(&params)
	if !ok || !also {
		return nil, nil, errKey
	}
	make, size := aes.NewCipher, 0
	switch {
	case scheme.id.Equal(oidAES128):
		size = 16
	case scheme.id.Equal(oidAES192):
		size = 24
	case scheme.id.Equal(oidAES256):
		size = 32
	case scheme.id.Equal(oidDESCBC):
		make, size = des.NewTripleDESCipher, 24
	default:
		return nil, nil, unsupported("encryption " + scheme.id.String())
	}
	if !scheme.parameters.ReadASN1(&iv, asn1.OCTET_STRING) {
		return nil, nil, errKey
	}
	key, err := r.pbkdf2(derivation, size)
	if err != nil {
		return nil, nil, err
	}
	block, err := make(key)
	return block, iv, err
}
