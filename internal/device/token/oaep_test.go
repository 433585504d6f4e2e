//go:build cgo

package token

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"
)

// What crypto/rsa takes off, unpad takes off, and what it refuses, unpad refuses.
func TestThePaddingIsTakenOffAsByCryptoRSA(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	size, right := key.Size(), 0
	raw := func(encrypted []byte) []byte { // as a token does, without leading zeros
		return new(big.Int).Exp(new(big.Int).SetBytes(encrypted), key.D, key.N).Bytes()
	}
	same := func(name string, encrypted []byte, hash, mgf crypto.Hash, label []byte) {
		t.Helper()
		want, err := key.Decrypt(nil, encrypted, &rsa.OAEPOptions{Hash: hash, MGFHash: mgf, Label: label})
		got := unpad(raw(encrypted), size, hash, mgf, label)
		if (err == nil) != (got != nil) || !bytes.Equal(got, want) {
			t.Errorf("%s, %v, %v, %q: %x, want %x, %v", name, hash, mgf, label, got, want, err)
		}
		if got != nil {
			right++
		}
	}
	hashes := []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}
	for _, hash := range hashes {
		for _, mgf := range hashes {
			for _, n := range []int{0, 1, 32, size - 2*hash.Size() - 2} {
				for _, label := range [][]byte{nil, []byte("label")} {
					encrypted, err := rsa.EncryptOAEPWithOptions(rand.Reader, &key.PublicKey, random(n), &rsa.OAEPOptions{Hash: hash, MGFHash: mgf, Label: label})
					if err != nil {
						t.Fatal(err)
					}
					same("right", encrypted, hash, mgf, label)
					same("another label", encrypted, hash, mgf, []byte("other"))
					same("another hash", encrypted, crypto.SHA256, crypto.SHA384, label)
				}
			}
		}
		same("noise", append([]byte{0}, random(size-1)...), hash, hash, nil)
	}
	// Blocks whose seed and hash are right, and something else is not.
	for name, block := range map[string]func(db []byte) byte{
		"no one at all":          func(db []byte) byte { clear(db[32:]); return 0 },
		"a two before the one":   func(db []byte) byte { db[40] = 2; return 0 },
		"not a zero at the head": func([]byte) byte { return 1 },
	} {
		em := block2(size, random(16), block)
		encrypted := new(big.Int).Exp(new(big.Int).SetBytes(em), big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, size))
		same(name, encrypted, crypto.SHA256, crypto.SHA256, nil)
	}
	if right < 200 {
		t.Errorf("%d were right", right)
	}
	for _, hash := range hashes {
		if got := unpad(random(32), 32, hash, hash, nil); got != nil {
			t.Errorf("a block that is too short: %x", got)
		}
	}
}

// block2 is EME-OAEP of a message, spoilt before it is masked; what spoil gives is the first octet.
func block2(size int, message []byte, spoil func(db []byte) byte) []byte {
	em := make([]byte, size)
	h := crypto.SHA256.Size()
	seed, db := em[1:1+h], em[1+h:]
	copy(seed, random(h))
	copy(db, crypto.SHA256.New().Sum(nil))
	db[len(db)-len(message)-1] = 1
	copy(db[len(db)-len(message):], message)
	em[0] = spoil(db)
	mask(db, seed, crypto.SHA256)
	mask(seed, db, crypto.SHA256)
	return em
}

func FuzzAPaddingIsTakenOffOrNothingIs(f *testing.F) {
	for _, spoil := range []func([]byte) byte{func([]byte) byte { return 0 }, func([]byte) byte { return 9 }} {
		f.Add(block2(256, []byte("a key"), spoil))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, block []byte) {
		got := unpad(block, 256, crypto.SHA256, crypto.SHA256, nil)
		if len(got) > 256-2*32-2 || got != nil && (len(block) > 256 || len(block) == 256 && block[0] != 0) {
			t.Errorf("%x came out of %x", got, block)
		}
	})
}
