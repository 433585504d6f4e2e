package smime

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestBase64IsThatOfTheLibraryInLines(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 56, 57, 58, 114, 1000, base64Lines*base64Bytes - 1, base64Lines * base64Bytes, base64Lines*base64Bytes + 1, 100_000} {
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = byte(rng.Uint32())
		}
		var got bytes.Buffer
		w := newBase64Writer(&got, "head ")
		for at := 0; at < n; {
			piece := min(n-at, 1+rng.IntN(5000))
			if _, err := w.Write(plain[at : at+piece]); err != nil {
				t.Fatal(err)
			}
			at += piece
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text, ok := strings.CutPrefix(got.String(), "head ")
		var want strings.Builder
		for all := base64.StdEncoding.EncodeToString(plain); all != ""; {
			line := all[:min(76, len(all))]
			all = all[len(line):]
			want.WriteString(line + "\r\n")
		}
		if !ok || text != want.String() {
			t.Fatalf("%d octets: %.100q, want %.100q", n, text, want.String())
		}
	}
}
