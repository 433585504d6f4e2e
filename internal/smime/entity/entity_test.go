package entity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

func read(t *testing.T, text string) *Entity {
	t.Helper()
	e, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAHeaderSaysWhatTheBodyIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header string
		want   Protection
	}{
		"pkcs7-mime":                     {"Content-Type: application/pkcs7-mime", CMS},
		"the old name":                   {"content-type : application/X-PKCS7-MIME; smime-type=x", CMS},
		"octet-stream with a .p7m name":  {"Content-Type: application/octet-stream; name=Smime.P7M", CMS},
		"the name in the disposition":    {"Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n filename=\"smime.p7m\"", CMS},
		"octet-stream with another name": {"Content-Type: application/octet-stream; name=a.pdf", Unprotected},
		"multipart/signed":               {"Content-Type: multipart/signed; boundary=x;\r\n\tprotocol=\"application/pkcs7-signature\"", ClearSigned},
		"multipart/signed by PGP":        {"Content-Type: multipart/signed; boundary=x; protocol=\"application/pgp-signature\"", Unprotected},
		"text":                           {"Subject: application/pkcs7-mime", Unprotected},
	} {
		if got := read(t, c.header+"\r\n\r\n").Protection(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestWhatIsNoHeaderIsMalformed(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":              "",
		"no blank line":        "Subject: x\r\n",
		"no field name":        "hej\r\n\r\n",
		"a fold first":         " Subject: x\r\n\r\n",
		"a name with a space":  "Sub ject: x\r\n\r\n",
		"two content types":    "Content-Type: text/plain\nContent-Type: text/html\n\n",
		"a field without end":  "Content-Type: x;\n" + strings.Repeat(" a\n", 5000) + "\n",
		"a header without end": strings.Repeat("X: "+strings.Repeat("y", 1000)+"\n", 2000),
	} {
		if _, err := Read(strings.NewReader(in)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(iotest.ErrReader(iotest.ErrTimeout)); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a failing source: %v", err)
	}
}

func TestBase64IsReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	plain := make([]byte, 100_000)
	for i := range plain {
		plain[i] = byte(i * 7)
	}
	text := base64.StdEncoding.EncodeToString(plain)
	lines := func(width int, end string) string {
		var b strings.Builder
		for at := 0; at < len(text); at += width {
			b.WriteString(text[at:min(at+width, len(text))] + end)
		}
		return b.String()
	}
	for name, body := range map[string]string{
		"76 columns, CRLF":        lines(76, "\r\n"),
		"64 columns, LF":          lines(64, "\n"),
		"lines of 3":              lines(3, "\r\n"),
		"one line":                text,
		"with white space":        lines(10, " \t\r\n"),
		"with strangers in it":    lines(50, "\x00*é\r\n"),
		"with a line end behind":  text + "\r\n\r\n",
		"with strangers behind":   text + "\r\n.\r\n",
		"with CR alone":           lines(76, "\r"),
		"with a folded CR and LF": lines(76, "\r\r\n"),
	} {
		for _, source := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader} {
			e, err := Read(source(strings.NewReader("Content-Transfer-Encoding: Base64\r\n\r\n" + body)))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(e.Decoded()); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
	}
	for name, body := range map[string]string{"half a quantum": "QUJ", "more behind the padding": "QQ==\r\nQUJD", "only padding": "====", "padding in the middle": "QQ==QUJD"} {
		if got, err := io.ReadAll(read(t, "Content-Transfer-Encoding: base64\n\n"+body).Decoded()); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

const signedHead = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n"

// split gives both parts as text.
func split(src io.Reader) (content, signature string, err error) {
	e, err := Read(src)
	if err != nil {
		return "", "", err
	}
	p, err := e.Split()
	if err != nil {
		return "", "", err
	}
	first, err := io.ReadAll(p)
	if err != nil {
		return "", "", err
	}
	s, err := p.Signature()
	if err != nil {
		return string(first), "", err
	}
	body, err := io.ReadAll(s.Body)
	return string(first), string(body), err
}

func TestTheSignedBytesComeOutExactly(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("x", 75)+"\r\n", 5000)
	tried := 0
	for name, content := range map[string]string{
		"ordinary":                       "Content-Type: text/plain\r\n\r\nhej",
		"ends in a line end":             "a\r\n",
		"ends in many":                   "a\r\n\r\n\r\n",
		"nothing":                        "",
		"LF only":                        "a\n\nb\n",
		"a delimiter that goes on":       "a\r\n--bc\r\n--b-\r\n--b x\r\n--b--c\r\n",
		"a delimiter within a line":      "a --b\r\n x--b--\r\n",
		"long":                           long,
		"one long line":                  strings.Repeat("y", 300_000),
		"many line ends":                 strings.Repeat("\r\n", 70_000),
		"half a delimiter again":         strings.Repeat("\r\n--", 30_000),
		"padding that is none":           "a\r\n--b" + strings.Repeat(" ", 3000) + "\r\nc",
		"CR before":                      "a\r\r",
		"begins as a delimiter would":    "--bx\r\n",
		"begins with a line end, then -": "\r\n--bx",
	} {
		for _, end := range []string{"\r\n", "\n"} {
			for _, source := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
				tried++
				mail := signedHead + "preamble" + end + "--b" + end + content + end + "--b \t" + end + "X: y" + end + end + "MA==" + end + "--b--" + end + "epilogue" + end + "--b" + end
				got, signature, err := split(source(strings.NewReader(mail)))
				if end == "\n" && strings.HasSuffix(content, "\r") {
					continue // its CR cannot be told from the delimiter's
				}
				if err != nil || got != content || strings.TrimSpace(signature) != "MA==" {
					t.Errorf("%s, %q: %d bytes, want %d; %q, %v", name, end, len(got), len(content), signature, err)
				}
			}
		}
	}
	if tried == 0 {
		t.Fatal("nothing was tried")
	}
}

func TestWhatIsNotTwoPartsIsMalformed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":             "",
		"no delimiter":        "hej\r\n",
		"one part":            "--b\r\n\r\na\r\n--b--\r\n",
		"three parts":         "--b\r\n\r\na\r\n--b\r\n\r\nb\r\n--b\r\n\r\nc\r\n--b--\r\n",
		"no end":              "--b\r\n\r\na\r\n--b\r\n\r\nb\r\n",
		"cut in the first":    "--b\r\n\r\na",
		"closed at once":      "--b--\r\n\r\na\r\n--b\r\n\r\nb\r\n--b--",
		"a signature too big": "--b\r\n\r\na\r\n--b\r\n\r\n" + strings.Repeat("x", maxSignature) + "\r\n--b--",
	} {
		if got, _, err := split(strings.NewReader(signedHead + body)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, boundary := range []string{"", strings.Repeat("b", 71)} {
		if _, _, err := split(strings.NewReader("Content-Type: multipart/signed; boundary=\"" + boundary + "\"\r\n\r\n--\r\n\r\n")); !errors.Is(err, ErrMalformed) {
			t.Errorf("boundary %q: %v", boundary, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("--b\r\n\r\na\r\n--b\r\n\r\nMA==\r\n--b--\r\n"), uint64(1))
	f.Add([]byte("x\n--b\n\n--b\n\n--b--"), uint64(2))
	f.Add([]byte("--b \r\n\r\r\n--bb\r\n--b\r\nX:y\n\n--b--"), uint64(3))
	// Property: however the source is cut into pieces, the same parts come out, and no part is longer than the source; nothing
	// panics.
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		mail := signedHead + string(body)
		a, b, err := split(strings.NewReader(mail))
		pieces := &piecewise{r: strings.NewReader(mail), rng: rand.New(rand.NewPCG(seed, seed))}
		c, d, again := split(pieces)
		if a != c || b != d || (err == nil) != (again == nil) {
			t.Fatalf("%q %q %v, in pieces %q %q %v", a, b, err, c, d, again)
		}
		if len(a)+len(b) > len(mail)+2 {
			t.Fatalf("%d and %d out of %d", len(a), len(b), len(mail))
		}
	})
}

type piecewise struct {
	r   io.Reader
	rng *rand.Rand
}

func (p *piecewise) Read(b []byte) (int, error) {
	return p.r.Read(b[:min(len(b), 1+p.rng.IntN(40))])
}
