package display_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/smime/header/display"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"", "\r\n", "Content-Type: text/plain; hp-legacy-display=1\r\n\r\nSubject: x\r\n\r\nHello\r\n",
		"Content-Type: text/html; hp-legacy-display=1\n\n<body><div class=\"header-protection-legacy-display\"><pre>x</pre></div>y",
		"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<bo=\r\ndy>=C3=B8=\r\n=",
		"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVs\r\nbG8h\r\nSA==\r\n",
		"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: multipart/alternative; boundary=\"C\"\r\n\r\n" +
			"--C\r\nContent-Type: text/plain; hp-legacy-display=1\r\n\r\nSubject: x\r\n\r\ny\r\n--C\r\nContent-Type: text/html\r\n\r\nx\r\n--C--\r\n--B--\r\n",
		"Content-Type: text/html (\n\n<body>x", "Content-Type: multipart/alternative; boundary=-\n\n---\n\n---\n\n-----\n",
	} {
		f.Add(s, uint(3))
	}
}

// What is not marked and is given nothing to show comes out octet by octet, however it is cut on its way in.
func FuzzPassing(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, entity string, n uint) {
		piece := int(n%100) + 1
		nothing := pour(t, entity, piece, func(w io.Writer) io.WriteCloser { return display.NewWriter(w, nil) })
		stripped := pour(t, entity, piece, display.NewStripper)
		if !strings.Contains(strings.ToLower(entity), "hp-legacy-display") && (nothing != entity || stripped != entity) {
			t.Errorf("%q became %q and %q", entity, nothing, stripped)
		}
		if len(stripped) > len(entity)+len(entity)/30+100 {
			t.Errorf("stripping made %d octets of %d", len(stripped), len(entity))
		}
	})
}

// However the entity is cut, the same comes out; it grows by the elements of eight parts at most, and with base64 on lines of
// 76; and stripping takes every element of ours away again.
func FuzzElement(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, entity string, n uint) {
		lines := []display.Line{{Name: "Subject", Text: "mark of ours"}}
		writer := func(w io.Writer) io.WriteCloser { return display.NewWriter(w, lines) }
		out := pour(t, entity, 0, writer)
		if pieces := pour(t, entity, int(n%100)+1, writer); pieces != out {
			t.Errorf("whole %q\npieces %q", out, pieces)
		}
		if len(out) > len(entity)+len(entity)/30+8*400 {
			t.Errorf("%d octets of %d", len(out), len(entity))
		}
		if strings.Contains(entity, "mark of ours") {
			return
		}
		if back := pour(t, out, 0, display.NewStripper); strings.Contains(back, "mark of ours") {
			t.Errorf("%q\nwith %q\nwithout %q", entity, out, back)
		}
	})
}

// A text that was given an element and lost it again reads, by the standard library, as the same octets as before.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"", "Hello\r\n", "R=C3=B8d =\r\ngr=C3=B8d=20 \t\r\n=", "SGVsbG8h\r\nSA==\r\n", "S G V s bG8h",
		"<html><bo=\r\ndy x=3D\">\"><p>x", " \r\n", "<body> \r\n", "<!-- <body> --><BODY\n>x", "\xef\xbb\xbfx",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range []string{"plain", "html"} {
			for _, encoding := range []string{"8bit", "quoted-printable", "base64"} {
				entity := "Content-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body
				before, ok := decoded(body, encoding)
				if !ok {
					continue
				}
				for _, subject := range []string{"a", "ab", "øæå"} {
					out := add(t, entity, []display.Line{{Name: "Subject", Text: subject}})
					_, inside, _ := strings.Cut(strip(t, out), "\r\n\r\n")
					if after, ok := decoded(inside, encoding); !ok || after != before {
						t.Errorf("%s in %s: %q became %q by way of %q", kind, encoding, before, after, out)
					}
				}
			}
		}
	})
}

func decoded(body, encoding string) (string, bool) {
	var r io.Reader = strings.NewReader(body)
	switch encoding {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		letters := bytes.Map(func(c rune) rune {
			if strings.ContainsRune(" \t\r\n", c) {
				return -1
			}
			return c
		}, []byte(body))
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(letters))
	}
	text, err := io.ReadAll(r)
	return string(text), err == nil
}
