package proof

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzMeasure: what is measured twice is the same, however it is cut; a message with one more byte of CMS is another one; and
// what is shown of it is short and printable.
func FuzzMeasure(f *testing.F) {
	for _, seed := range []string{
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n",
		"Content-Type: text/plain\r\n\r\n", "\r\n\r\n", "x", "Content-Type: a/b; smime-type=\"\x1b[2J\"\n\nx", "Content-Transfer-Encoding: quoted-printable\r\n\r\n=41",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := measure(bytes.NewReader(raw))
		b, again := measure(&slowly{raw})
		if a != b || (err == nil) != (again == nil) {
			t.Fatalf("%+v %v, %+v %v", a, err, b, again)
		}
		if err != nil {
			return
		}
		if len(a.media) > maxShown || len(a.smimeType) > maxShown || strings.ContainsFunc(a.contentType(), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q", a.contentType())
		}
	})
}

// slowly is a reader of one byte at a time.
type slowly struct{ rest []byte }

func (s *slowly) Read(p []byte) (int, error) {
	n, err := bytes.NewReader(s.rest).Read(p[:min(len(p), 1)])
	s.rest = s.rest[n:]
	return n, err
}
