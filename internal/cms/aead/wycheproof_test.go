package aead

import (
	"bytes"
	"testing"

	"aau.dk/sendsikker/internal/cms/wycheproof"
)

// group is what Wycheproof's files have in common.
type group struct {
	Tests []struct {
		TcID                       int
		Comment, Result            string
		Key, IV, AAD, Msg, CT, Tag wycheproof.Octets
	}
}

func TestWycheproofsVectors(t *testing.T) {
	t.Parallel()
	for file, stream := range map[string]func(d Direction, key, nonce, attributes []byte) (*Stream, error){
		"aes_gcm_test.json":           func(d Direction, key, nonce, _ []byte) (*Stream, error) { return NewAESGCM(d, key, nonce) },
		"chacha20_poly1305_test.json": NewChaCha20Poly1305,
	} {
		groups := must(wycheproof.Read(file, func(g group) int { return len(g.Tests) }))
		tried, sealed := 0, 0
		for _, group := range groups {
			for _, v := range group.Tests {
				tried++
				valid := v.Result == "valid"
				atEnd := v.AAD
				if file != "aes_gcm_test.json" {
					atEnd = nil
				}
				s, err := stream(Open, v.Key, v.IV, v.AAD)
				if err != nil {
					if valid {
						t.Errorf("%s %d (%s): %v", file, v.TcID, v.Comment, err)
					}
					continue
				}
				got := must(inParts(s, v.CT, func(left int) int { return min(left, 7) }))
				if err := s.Verify(v.Tag, atEnd); (err == nil) != valid || valid && !bytes.Equal(got, v.Msg) {
					t.Errorf("%s %d (%s), which is %s: %v", file, v.TcID, v.Comment, v.Result, err)
				}
				if !valid || len(v.IV) != 12 {
					continue
				}
				sealed++
				s = must(stream(Seal, v.Key, v.IV, v.AAD))
				got = must(inParts(s, v.Msg, whole))
				if tag := must(s.Tag(atEnd)); !bytes.Equal(got, v.CT) || !bytes.Equal(tag[:], v.Tag) {
					t.Errorf("%s %d (%s): sealed differently", file, v.TcID, v.Comment)
				}
			}
		}
		if tried == 0 || sealed == 0 {
			t.Errorf("%s: %d tried, %d sealed", file, tried, sealed)
		}
	}
}
