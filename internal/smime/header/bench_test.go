package header_test

import (
	"io"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime/header"
)

// A mail with a file of 26 MB, written as the draft package writes: in pieces of 4 KiB.
func BenchmarkNewWriter(b *testing.B) {
	file := strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 26<<20/78)
	entity := "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n" +
		"--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + file + "\r\n--B--\r\n"
	fields := parse(b, message)
	p := header.Protection{Mode: header.Cipher, Fields: fields, Outer: header.Policy{}.Outer(fields), LegacyDisplay: []string{"Subject"}}
	b.SetBytes(int64(len(entity)))
	b.ReportAllocs()
	for b.Loop() {
		w, err := header.NewWriter(io.Discard, p)
		if err != nil {
			b.Fatal(err)
		}
		for rest := entity; rest != ""; {
			piece := rest[:min(4096, len(rest))]
			rest = rest[len(piece):]
			if _, err := w.Write([]byte(piece)); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
