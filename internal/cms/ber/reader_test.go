package ber

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// whole reads one element in DER form.
func whole(src io.Reader, limit int) ([]byte, error) {
	r := NewReader(src)
	h, err := r.Next()
	if err != nil {
		return nil, err
	}
	return r.Element(h, limit)
}

func TestBERComesBackAsDER(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"DER is left alone":            {"30 06 02 01 05 04 01 41", "30 06 02 01 05 04 01 41"},
		"indefinite lengths":           {"30 80 02 01 05 a0 80 30 80 00 00 00 00 00 00", "30 07 02 01 05 a0 02 30 00"},
		"a length longer than needed":  {"30 84 00 00 00 04 02 81 01 05", "30 03 02 01 05"},
		"an octet string in parts":     {"24 80 04 01 41 24 06 04 01 42 04 01 43 00 00", "04 03 41 42 43"},
		"parts inside a sequence":      {"30 80 24 80 04 02 41 42 00 00 05 00 00 00", "30 06 04 02 41 42 05 00"},
		"an empty octet string":        {"24 80 00 00", "04 00"},
		"a high tag number":            {"bf 81 01 80 02 01 05 00 00", "bf 81 01 03 02 01 05"},
		"a definite one in indefinite": {"30 80 31 03 02 01 01 00 00", "30 05 31 03 02 01 01"},
	} {
		got, err := whole(bytes.NewReader(unhex(c.in)), 1000)
		if err != nil || !bytes.Equal(got, unhex(c.want)) {
			t.Errorf("%s: % x (%v), want %s", name, got, err, c.want)
		}
	}
}

func TestLongContentGetsTheShortestLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{127, 128, 255, 256, 65535, 65536} {
		content := bytes.Repeat([]byte{7}, n)
		in := append(append([]byte{0x24, 0x80, 0x04, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, content...), 0, 0)
		got, err := whole(bytes.NewReader(in), 1<<20)
		if want := append(AppendHeader(nil, Header{ID: IDOctets}, n), content...); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d octets: %d (%v), want %d", n, len(got), err, len(want))
		}
	}
}

func TestBrokenBERIsMalformed(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":                          "",
		"half a header":                    "30",
		"half a length":                    "30 82 01",
		"half a content":                   "04 05 41",
		"no end-of-contents":               "30 80 02 01 05",
		"an end-of-contents alone":         "00 00",
		"an end-of-contents in a definite": "30 02 00 00",
		"an end-of-contents with length":   "30 80 00 01 41",
		"longer than its parent":           "30 03 04 05 41 42 43 44 45",
		"indefinite beyond its parent":     "30 05 30 80 02 01 05 00 00",
		"primitive and indefinite":         "04 80 00 00",
		"reserved length":                  "30 ff 00",
		"a length of nine octets":          "30 89 01 01 01 01 01 01 01 01 01",
		"a length that overflows":          "04 88 ff ff ff ff ff ff ff ff",
		"an integer in an octet string":    "24 80 02 01 05 00 00",
		"a tag number of five octets":      "bf 81 81 81 81 01 00",
		"larger than allowed":              "04 84 7f ff ff ff 41",
		"65 deep":                          strings.Repeat("30 80 ", 65) + strings.Repeat("00 00 ", 65),
	} {
		if got, err := whole(bytes.NewReader(unhex(in)), 1000); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: % x, %v", name, got, err)
		}
	}
	if _, err := whole(bytes.NewReader(unhex(strings.Repeat("30 80 ", 64)+strings.Repeat("00 00 ", 64))), 1000); err != nil {
		t.Errorf("64 deep: %v", err)
	}
}

func TestAFailingSourceIsNotCalledMalformed(t *testing.T) {
	t.Parallel()
	src := io.MultiReader(bytes.NewReader(unhex("30 80 04 05 41")), iotest.ErrReader(iotest.ErrTimeout))
	if _, err := whole(src, 1000); !errors.Is(err, iotest.ErrTimeout) || errors.Is(err, ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

func TestSkippingTakesNoDepthAndNoTime(t *testing.T) {
	t.Parallel()
	start := time.Now()
	deep := append(unhex("30 80"), bytes.Repeat([]byte{0x30, 0x80}, 2_000_000)...)
	r := NewReader(bytes.NewReader(deep))
	if err := r.Into(IDSequence); err != nil {
		t.Fatal(err)
	}
	if err := r.Leave(); !errors.Is(err, ErrMalformed) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"30 80 02 01 05 a0 80 30 80 00 00 00 00 00 00", "24 80 04 01 41 24 06 04 01 42 04 01 43 00 00", "bf 81 01 80 02 01 05 00 00", "04 82 00 01 41"} {
		f.Add(unhex(s))
	}
	// Property: what is read as DER reads again as itself, is no longer than its limit, and skipping goes over exactly what
	// reading takes; nothing panics.
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 12
		src := bytes.NewReader(in)
		r := NewReader(src)
		h, err := r.Next()
		if err != nil {
			return
		}
		der, err := r.Element(h, limit)
		if err != nil {
			return
		}
		if len(der) > limit {
			t.Fatalf("%d bytes, limit %d", len(der), limit)
		}
		again, err := whole(bytes.NewReader(der), limit)
		if err != nil || !bytes.Equal(again, der) {
			t.Fatalf("% x reads again as % x (%v)", der, again, err)
		}
		s := NewReader(bytes.NewReader(in))
		h, _ = s.Next()
		if err := s.Skip(h); err != nil || s.off != r.off {
			t.Fatalf("reading took %d bytes, skipping %d (%v)", r.off, s.off, err)
		}
	})
}
