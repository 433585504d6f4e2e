package cms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"aau.dk/sendsikker/internal/cms/keywrap"
)

type octetString []byte

func (o *octetString) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// vector is one test of any of Wycheproof's files, each of which uses some of the fields.
type vector struct {
	TcID                         int
	Comment, Result              string
	Flags                        []string
	Key, IV, Msg, CT, Label, Sig octetString
	IKM, Salt, Info, OKM         octetString
	Size                         int
	Public, Private, Shared      octetString
}

func (v vector) valid() bool { return v.Result == "valid" }

type vectorGroup struct {
	SHA, MGFSHA                   string
	Curve                         string
	PrivateKeyPKCS8, PublicKeyDER octetString
	Tests                         []vector
}

// wycheproof gives the groups of one file, and fails where it holds another number of tests than it says. The vectors are
// C2SP's and not ours to ship: SENDSIKKER_TESTDATA names a folder with wycheproof/testvectors_v1.
func wycheproof(t *testing.T, file string) []vectorGroup {
	t.Helper()
	folder := os.Getenv("SENDSIKKER_TESTDATA")
	if folder == "" {
		t.Skip("the vectors are not ours to ship: set SENDSIKKER_TESTDATA to a folder that has them")
	}
	var all struct {
		NumberOfTests int
		TestGroups    []vectorGroup
	}
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(folder, "wycheproof", "testvectors_v1", file))), &all); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range all.TestGroups {
		n += len(g.Tests)
	}
	if n == 0 || n != all.NumberOfTests {
		t.Fatalf("%s: %d tests, and it says %d", file, n, all.NumberOfTests)
	}
	t.Logf("%s: %d vectors", file, n)
	return all.TestGroups
}

// eachVector wants try to succeed where the vector is valid and to fail where it is not; acceptable ones may do either,
// and are counted.
func eachVector(t *testing.T, file string, try func(g vectorGroup, v vector) bool) {
	t.Helper()
	taken, left := 0, 0
	for _, g := range wycheproof(t, file) {
		for _, v := range g.Tests {
			got := try(g, v)
			switch {
			case v.Result == "acceptable" && got:
				taken++
			case v.Result == "acceptable":
				left++
			case got != v.valid():
				t.Errorf("%s %d (%s, %v) is %s, and we say %v", file, v.TcID, v.Comment, v.Flags, v.Result, got)
			}
		}
	}
	if taken+left > 0 {
		t.Logf("%s: of those that may be either, %d were taken and %d refused", file, taken, left)
	}
}

func TestWycheproofsCBCPadding(t *testing.T) {
	t.Parallel()
	eachVector(t, "aes_cbc_pkcs5_test.json", func(_ vectorGroup, v vector) bool {
		r := newCBCReader(bytes.NewReader(v.CT), cipher.NewCBCDecrypter(must(aes.NewCipher(v.Key)), v.IV))
		content := must(io.ReadAll(r))
		good := must(r.finish())
		if good == 1 && !bytes.Equal(content, v.Msg) {
			t.Errorf("%d: content % x", v.TcID, content)
		}
		return good == 1
	})
}

func TestWycheproofsKeyWrap(t *testing.T) {
	t.Parallel()
	eachVector(t, "aes_wrap_test.json", func(_ vectorGroup, v vector) bool {
		if n := len(v.Msg); v.valid() && n > 64 { // Unwrap takes content keys, of which there is none so long
			return true
		}
		key, ok := keywrap.Unwrap(v.Key, v.CT)
		if ok && !bytes.Equal(key, v.Msg) {
			t.Errorf("%d: unwrapped % x", v.TcID, key)
		}
		if v.valid() {
			if wrapped, err := keywrap.Wrap(v.Key, v.Msg); err != nil || !bytes.Equal(wrapped, v.CT) {
				t.Errorf("%d: wrapped % x (%v)", v.TcID, wrapped, err)
			}
		}
		return ok
	})
}

func TestWycheproofsHKDF(t *testing.T) {
	t.Parallel()
	eachVector(t, "hkdf_sha256_test.json", func(_ vectorGroup, v vector) bool {
		okm, err := keywrap.HKDF(crypto.SHA256, v.IKM, v.Salt, v.Info, v.Size)
		return err == nil && bytes.Equal(okm, v.OKM)
	})
}
