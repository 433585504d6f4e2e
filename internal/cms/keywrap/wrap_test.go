package keywrap

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"testing"

	"aau.dk/sendsikker/internal/cms/wycheproof"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// RFC 3394 §4.1 and §4.6.
func TestAWrappedKeyComesBackAndAnAlteredOneDoesNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kek, key, wrapped string }{
		{"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F", "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
	} {
		wrapped, err := Wrap(unhex(c.kek), unhex(c.key))
		if err != nil || !bytes.Equal(wrapped, unhex(c.wrapped)) {
			t.Errorf("wrapped % x (%v)", wrapped, err)
		}
		key, ok := Unwrap(unhex(c.kek), unhex(c.wrapped))
		if !ok || !bytes.Equal(key, unhex(c.key)) {
			t.Errorf("unwrapped % x %v", key, ok)
		}
		for i := range wrapped {
			wrapped[i] ^= 1
			if _, ok := Unwrap(unhex(c.kek), wrapped); ok {
				t.Errorf("byte %d altered, and unwrapped", i)
			}
			wrapped[i] ^= 1
		}
	}
}

func TestKeysOfOddLengthsAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 8, 15, 17, 23} {
		if _, err := Wrap(make([]byte, 16), make([]byte, n)); err == nil {
			t.Errorf("a key of %d octets was wrapped", n)
		}
	}
	for _, n := range []int{0, 1, 8, 16, 23, 25, 80, 1 << 20} {
		if _, ok := Unwrap(make([]byte, 16), make([]byte, n)); ok {
			t.Errorf("%d octets were unwrapped", n)
		}
	}
	if _, err := Wrap(make([]byte, 5), make([]byte, 16)); err == nil {
		t.Error("wrapped under a key of 5 octets")
	}
	if _, ok := Unwrap(make([]byte, 5), make([]byte, 24)); ok {
		t.Error("unwrapped under a key of 5 octets")
	}
}

// ANSI X9.63 with SHA-256, NIST CAVP "ANS X9.63-2001" vectors (800-135 testing): one without and one with SharedInfo.
func TestX963AgainstPublishedVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ secret, info, key string }{
		{"96c05619d56c328ab95fe84b18264b08725b85e33fd34f08", "", "443024c3dae66b95e6f5670601558f71"},
		{
			"22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d", "75eef81aa3041e33b80971203d2c0c52",
			"c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21",
		},
	} {
		got := X963(crypto.SHA256, unhex(c.secret), unhex(c.info), len(c.key)/2)
		if !bytes.Equal(got, unhex(c.key)) {
			t.Errorf("%x", got)
		}
	}
}

type group struct {
	Tests []struct {
		TcID                               int
		Comment, Result                    string
		Key, Msg, CT, IKM, Salt, Info, OKM wycheproof.Octets
		Size                               int
	}
}

// groups fails where there is no test.
func groups(t *testing.T, file string) []group {
	t.Helper()
	all, err := wycheproof.Read(file, func(g group) int { return len(g.Tests) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWycheproofsKeyWraps(t *testing.T) {
	t.Parallel()
	for _, group := range groups(t, "aes_wrap_test.json") {
		for _, v := range group.Tests {
			key, ok := Unwrap(v.Key, v.CT)
			// "acceptable" are keys of 8 octets, which RFC 3394 allows and no content cipher has.
			long := len(v.CT) > 8*9
			if want := v.Result == "valid" && !long; ok != want || (ok && !bytes.Equal(key, v.Msg)) {
				t.Errorf("%d (%s, %s): %v % x", v.TcID, v.Result, v.Comment, ok, key)
			}
			if v.Result == "valid" {
				if wrapped, err := Wrap(v.Key, v.Msg); err != nil || !bytes.Equal(wrapped, v.CT) {
					t.Errorf("%d: wrapped % x %v", v.TcID, wrapped, err)
				}
			}
		}
	}
}

func TestWycheproofsHKDF(t *testing.T) {
	t.Parallel()
	for _, group := range groups(t, "hkdf_sha256_test.json") {
		for _, v := range group.Tests {
			got, err := HKDF(crypto.SHA256, v.IKM, v.Salt, v.Info, v.Size)
			if want := v.Result == "valid"; (err == nil) != want || (want && !bytes.Equal(got, v.OKM)) {
				t.Errorf("%d (%s): %v %x", v.TcID, v.Comment, err, got)
			}
		}
	}
}

// Property: what was wrapped unwraps to itself, and nothing that Wrap did not make unwraps but by a chance of 1 in 2⁶⁴.
func FuzzUnwrap(f *testing.F) {
	f.Add(unhex("000102030405060708090A0B0C0D0E0F"), unhex("1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"))
	f.Fuzz(func(t *testing.T, kek, wrapped []byte) {
		key, ok := Unwrap(kek, wrapped)
		if !ok {
			return
		}
		if again, err := Wrap(kek, key); err != nil || !bytes.Equal(again, wrapped) {
			t.Fatalf("% x unwraps and does not wrap back (%v)", wrapped, err)
		}
	})
}
