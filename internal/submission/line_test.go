package submission

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzChecked: what is handed on whole is what was there, and is text that SMTP carries: only CRLF ends a line, no line is
// above 998, there is no NUL, and no eighth bit that was not offered. In how many pieces it is read changes nothing.
func FuzzChecked(f *testing.F) {
	for _, seed := range []string{"a\r\nb\r\n", "a\nb", "a\rb", "\r", "\r\r\n", "\r\n.\r\n", "\x00", "æ\r\n", strings.Repeat("x", 999), strings.Repeat("x", 998) + "\r\n", ""} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, eightBit bool) {
		whole, err := io.ReadAll(&checked{source: bytes.NewReader(raw), left: int64(len(raw)), eightBit: eightBit})
		pieces, again := io.ReadAll(&checked{source: iotest.OneByteReader(bytes.NewReader(raw)), left: int64(len(raw)), eightBit: eightBit})
		if (err == nil) != (again == nil) || !bytes.Equal(whole, pieces) || !bytes.HasPrefix(raw, whole) {
			t.Fatalf("%v, %v", err, again)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(whole, raw) {
			t.Fatal("cut off without an error")
		}
		rest := bytes.ReplaceAll(whole, []byte("\r\n"), nil)
		if bytes.ContainsAny(rest, "\r\n\x00") {
			t.Fatalf("%q", whole)
		}
		for line := range bytes.SplitSeq(whole, []byte("\r\n")) {
			if len(line) > maxLine {
				t.Fatalf("a line of %d", len(line))
			}
		}
		if !eightBit && bytes.IndexFunc(whole, func(r rune) bool { return r > 0x7f }) >= 0 {
			t.Fatalf("%q", whole)
		}
	})
}
