package cms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"testing"

	"aau.dk/sendsikker/internal/cms/wycheproof"
)

type octetString = wycheproof.Octets

// vector is one test of any of Wycheproof's files, each of which uses some of the fields.
type vector struct {
	TcID                         int
	Comment, Result              string
	Flags                        []string
	Key, IV, Msg, CT, Label, Sig octetString
	Public, Private, Shared      octetString
}

func (v vector) valid() bool { return v.Result == "valid" }

type vectorGroup struct {
	SHA, MGFSHA                   string
	Curve                         string
	PrivateKeyPKCS8, PublicKeyDER octetString
	Tests                         []vector
}

// eachVector wants try to succeed where the vector is valid and to fail where it is not; acceptable ones may do either,
// and are counted.
func eachVector(t *testing.T, file string, try func(g vectorGroup, v vector) bool) {
	t.Helper()
	taken, left := 0, 0
	for _, g := range must(wycheproof.Read(file, func(g vectorGroup) int { return len(g.Tests) })) {
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
