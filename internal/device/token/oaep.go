//go:build cgo

package token

import (
	"crypto"
	"crypto/subtle"
	"encoding/binary"
)

// unpad takes RSAES-OAEP's padding off (RFC 8017 §7.1.2, step 3), or gives nothing. What of it is wrong, and how much was gone
// through, must not be seen by the time it takes (Manger 2001): only the message's length is, and that everybody may know.
func unpad(block []byte, size int, hash, mgf crypto.Hash, label []byte) []byte {
	h := hash.Size()
	if size < 2*h+2 || len(block) > size {
		return nil
	}
	em := make([]byte, size) // some libraries leave leading zeros out
	copy(em[size-len(block):], block)
	seed, db := em[1:1+h], em[1+h:]
	mask(seed, db, mgf)
	mask(db, seed, mgf)
	d := hash.New()
	d.Write(label)
	good := subtle.ConstantTimeByteEq(em[0], 0) & subtle.ConstantTimeCompare(d.Sum(nil), db[:h])
	// Zeros, a one, the message: the first octet that is no zero must be the one.
	rest := db[h:]
	looking, at := 1, 0
	for i, octet := range rest {
		one, zero := subtle.ConstantTimeByteEq(octet, 1), subtle.ConstantTimeByteEq(octet, 0)
		at = subtle.ConstantTimeSelect(looking&one, i, at)
		looking = subtle.ConstantTimeSelect(one, 0, looking)
		good = subtle.ConstantTimeSelect(looking&(zero^1), 0, good)
	}
	if good&(looking^1) != 1 {
		return nil
	}
	return rest[at+1:]
}

// mask is MGF1 over seed, into out (RFC 8017 appendix B.2.1).
func mask(out, seed []byte, hash crypto.Hash) {
	h := hash.New()
	var counter [4]byte
	for n := uint32(0); len(out) > 0; n++ {
		binary.BigEndian.PutUint32(counter[:], n)
		h.Reset()
		h.Write(seed)
		h.Write(counter[:])
		out = out[subtle.XORBytes(out, out, h.Sum(nil)):]
	}
}
