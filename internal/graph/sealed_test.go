package graph

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
)

const sealedHead = "From: a@b.example\r\nTo: c@d.example\r\nMessage-ID: <x@y>\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\n"

// inLines is base64 as package smime writes it, or with other lines.
func inLines(cms []byte, columns int, end string) string {
	var out strings.Builder
	for text := base64.StdEncoding.EncodeToString(cms); text != ""; {
		n := min(columns, len(text))
		out.WriteString(text[:n] + end)
		text = text[n:]
	}
	return out.String()
}

// onlySome counts how much is read.
type onlySome struct {
	*bytes.Reader
	read int
}

func (o *onlySome) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	o.read += n
	return n, err
}

func TestTheSizeOfTheCMSIsKnownByTheLastLine(t *testing.T) {
	t.Parallel()
	cms := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	for _, n := range []int{56, 57, 58, 59, 60, 113, 114, 115, 116, 117, 171, 500_000, 500_001, 500_002, 500_003, 500_055, 500_056, 500_057} {
		text := sealedHead + inLines(cms[:n], 76, "\r\n")
		source := &onlySome{Reader: bytes.NewReader([]byte(text))}
		sealed, err := openSealed(source, int64(len(text)))
		if err != nil || sealed.size != int64(n) {
			t.Fatalf("%d bytes are taken for %+v, %v", n, sealed, err)
		}
		if n > 200_000 && source.read > 100_000 {
			t.Errorf("%d bytes were read to know the size of %d", source.read, n)
		}
		for _, at := range []int{0, 1, n / 2, n} {
			r, err := sealed.open(int64(at))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, cms[at:n]) {
				t.Errorf("from %d of %d: %d bytes, %v", at, n, len(got), err)
			}
		}
	}
}

func TestAnotherLayoutIsCountedTheLongWay(t *testing.T) {
	t.Parallel()
	cms := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	for name, body := range map[string]string{
		"lines of 64": inLines(cms, 64, "\r\n"), "LF": inLines(cms, 76, "\n"), "one line": inLines(cms, 1<<20, "\r\n"),
		"no end": strings.TrimSuffix(inLines(cms, 76, "\r\n"), "\r\n"), "an empty line after it": inLines(cms, 76, "\r\n") + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := sealedHead + body
			sealed, err := openSealed(strings.NewReader(text), int64(len(text)))
			if err != nil || sealed.size != int64(len(cms)) {
				t.Errorf("%+v, %v", sealed, err)
			}
		})
	}
}

func TestALayoutThatChangesInBetweenIsAnErrorBeforeItsEnd(t *testing.T) {
	t.Parallel()
	cms := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	body := inLines(cms, 76, "\r\n")
	for name, odd := range map[string]string{
		"an empty line":      strings.Replace(body, "\r\n", "\r\n"+strings.Repeat("\r\n", 39), 1),
		"padding in between": body[:78*3-6] + "QQ==\r\n" + body[78*3:],
		"not base64":         body[:78*3-6] + "?" + body[78*3-5:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := sealedHead + odd
			sealed, err := openSealed(strings.NewReader(text), int64(len(text)))
			if err != nil {
				return // found at once
			}
			r, err := sealed.open(0)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err == nil {
				t.Errorf("%d bytes of a message that is not right, and no error", len(got))
			}
		})
	}
}

func TestATemporaryFileThatCannotBeMadeIsNotNamed(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere/at/all")
	text := sealedHead + inLines([]byte("abc"), 76, "\r\n")
	_, err := openSealed(io.MultiReader(strings.NewReader(text)), int64(len(text)))
	if err == nil || errors.Is(err, errHead) || strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
}

// FuzzCMSSize: where the size is told by the first and the last line, the body decodes to that many bytes, or it does not
// decode as far: never to another whole that passes for it.
func FuzzCMSSize(f *testing.F) {
	for _, n := range []int{0, 1, 57, 58, 200} {
		f.Add([]byte(inLines(make([]byte, n), 76, "\r\n")))
	}
	f.Add([]byte(strings.Repeat("A", 76) + "\r\n" + strings.Repeat("\r\n", 39) + "QQ==\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		text := append([]byte(sealedHead), body...)
		sealed, err := openSealed(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		r, err := sealed.open(0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		whole, plain := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body)))
		if err == nil && (plain != nil || !bytes.Equal(got, whole) || int64(len(got)) != sealed.size) {
			t.Fatalf("%d bytes, told %d, in truth %d, %v", len(got), sealed.size, len(whole), plain)
		}
	})
}
