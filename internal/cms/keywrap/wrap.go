package keywrap

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// wrapIV is the initial value of RFC 3394 §2.2.3.1: what an unwrapped key proves itself by.
const wrapIV = 0xA6A6A6A6A6A6A6A6

// Wrap wraps a content key with AES (RFC 3394 §2.2.1). The key is a multiple of 8 octets, at least 16.
func Wrap(kek, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	n := len(key) / 8
	if n < 2 || len(key)%8 != 0 {
		return nil, errors.New("keywrap: the key to wrap must be a multiple of 8 octets")
	}
	out := make([]byte, 8+len(key))
	copy(out[8:], key)
	var b [aes.BlockSize]byte
	a := uint64(wrapIV)
	for j := range 6 {
		for i := 1; i <= n; i++ {
			binary.BigEndian.PutUint64(b[:8], a)
			copy(b[8:], out[8*i:8*i+8])
			block.Encrypt(b[:], b[:])
			a = binary.BigEndian.Uint64(b[:8]) ^ uint64(n*j+i)
			copy(out[8*i:], b[8:])
		}
	}
	binary.BigEndian.PutUint64(out, a)
	return out, nil
}

// Unwrap is the way back (RFC 3394 §2.2.2); false where the wrapping was made with another key, or altered.
func Unwrap(kek, wrapped []byte) ([]byte, bool) {
	block, err := aes.NewCipher(kek)
	n := len(wrapped)/8 - 1
	if err != nil || n < 2 || n > 8 || len(wrapped)%8 != 0 {
		return nil, false
	}
	out := append([]byte(nil), wrapped...)
	var b [aes.BlockSize]byte
	a := binary.BigEndian.Uint64(out)
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			binary.BigEndian.PutUint64(b[:8], a^uint64(n*j+i))
			copy(b[8:], out[8*i:8*i+8])
			block.Decrypt(b[:], b[:])
			a = binary.BigEndian.Uint64(b[:8])
			copy(out[8*i:], b[8:])
		}
	}
	binary.BigEndian.PutUint64(b[:8], a)
	binary.BigEndian.PutUint64(b[8:], wrapIV)
	return out[8:], subtle.ConstantTimeCompare(b[:8], b[8:]) == 1
}
