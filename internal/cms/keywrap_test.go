package cms

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// RFC 3394 §4.1 and §4.6.
func TestKeyWrapVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kek, key, wrapped string }{
		{"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F", "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
	} {
		wrapped, err := wrapKey(unhex(c.kek), unhex(c.key))
		if err != nil || !bytes.Equal(wrapped, unhex(c.wrapped)) {
			t.Errorf("wrapped % x (%v)", wrapped, err)
		}
		key, ok := unwrapKey(unhex(c.kek), unhex(c.wrapped))
		if !ok || !bytes.Equal(key, unhex(c.key)) {
			t.Errorf("unwrapped % x %v", key, ok)
		}
		for i := range wrapped {
			wrapped[i] ^= 1
			if _, ok := unwrapKey(unhex(c.kek), wrapped); ok {
				t.Errorf("byte %d altered, and unwrapped", i)
			}
			wrapped[i] ^= 1
		}
	}
}
