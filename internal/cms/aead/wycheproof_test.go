package aead

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

type octetString []byte

func (o *octetString) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

type wycheproof struct {
	NumberOfTests int
	TestGroups    []struct {
		Tests []struct {
			TcID                       int
			Comment, Result            string
			Key, IV, AAD, Msg, CT, Tag octetString
		}
	}
}

// The vectors are C2SP's and not ours to ship. SENDSIKKER_TESTDATA names a folder with wycheproof/testvectors_v1.
func TestWycheproofsVectors(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SENDSIKKER_TESTDATA")
	if folder == "" {
		t.Skip("the vectors are not ours to ship: set SENDSIKKER_TESTDATA to a folder that has them")
	}
	for file, stream := range map[string]func(d Direction, key, nonce, attributes []byte) (*Stream, error){
		"aes_gcm_test.json":           func(d Direction, key, nonce, _ []byte) (*Stream, error) { return NewAESGCM(d, key, nonce) },
		"chacha20_poly1305_test.json": NewChaCha20Poly1305,
	} {
		var vectors wycheproof
		if err := json.Unmarshal(must(os.ReadFile(filepath.Join(folder, "wycheproof", "testvectors_v1", file))), &vectors); err != nil {
			t.Fatal(err)
		}
		tried, sealed := 0, 0
		for _, group := range vectors.TestGroups {
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
		if tried == 0 || tried != vectors.NumberOfTests || sealed == 0 {
			t.Errorf("%s: %d of %d tried, %d sealed", file, tried, vectors.NumberOfTests, sealed)
		}
	}
}
