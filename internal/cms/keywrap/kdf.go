package keywrap

import (
	"crypto"
	"crypto/hkdf"
	"encoding/binary"
)

// X963 is the key derivation function of ANSI X9.63 (SEC 1 §3.6.1): size octets out of a shared secret.
func X963(hash crypto.Hash, secret, info []byte, size int) []byte {
	var out []byte
	for counter := uint32(1); len(out) < size; counter++ {
		h := hash.New()
		h.Write(secret)
		h.Write(binary.BigEndian.AppendUint32(nil, counter))
		h.Write(info)
		out = h.Sum(out)
	}
	return out[:size]
}

// HKDF is RFC 5869. Without a salt it is the one of zeros that §2.2 says.
func HKDF(hash crypto.Hash, secret, salt, info []byte, size int) ([]byte, error) {
	return hkdf.Key(hash.New, secret, salt, string(info), size)
}
