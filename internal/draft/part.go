package draft

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strconv"
	"strings"
)

const segmentLength = 60 // of one RFC 2231 segment, so that " filename*12*=" fits before it within lineLength

// multipart writes one multipart body. The boundary is random, so that no file can hold it, and starts with "=_", which
// neither quoted-printable nor base64 can write (RFC 2045 §6.7 (note) recommends it).
type multipart struct {
	w        io.Writer
	boundary string
	parts    int
}

// open writes the Content-Type field and the blank line. params stand between the type and the boundary.
func open(w io.Writer, subtype string, params ...string) *multipart {
	m := &multipart{w: w, boundary: "=_" + rand.Text()}
	params = append(params, `boundary="`+m.boundary+`"`)
	put(w, "Content-Type: multipart/"+subtype+";\r\n "+strings.Join(params, ";\r\n ")+"\r\n\r\n")
	return m
}

func (m *multipart) part() {
	if m.parts++; m.parts > 1 {
		put(m.w, "\r\n") // belongs to the delimiter, RFC 2046 §5.1.1: the part before keeps its bytes exactly
	}
	put(m.w, "--"+m.boundary+"\r\n")
}

func (m *multipart) close() { put(m.w, "\r\n--"+m.boundary+"--\r\n") }

// put leaves errors to the bufio.Writer below, which keeps the first one and gives it back from Flush.
func put(w io.Writer, s string) { _, _ = io.WriteString(w, s) }

// text writes one text part. Always quoted-printable: it survives every gateway, lines stay short, Danish stays readable.
func text(w io.Writer, subtype, content string) {
	put(w, "Content-Type: text/"+subtype+"; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	qp := quotedprintable.NewWriter(w)
	_, _ = io.WriteString(qp, content)
	_ = qp.Close()
}

// fields writes the header of a file's part. The name stands twice: in Content-Disposition by RFC 2231, which is the
// standard, and in the old name parameter of Content-Type as RFC 2047 words, which RFC 2047 §5 forbids and which Outlook
// before 2010 and many web mails read all the same. Thunderbird writes the same pair. A plain ASCII filename beside
// filename* is left out, because Python's and other parsers would then believe the poorer one.
func fields(w io.Writer, f file, disposition, encoding string) {
	contentType := f.mediaType
	if f.charset != "" {
		contentType += "; charset=" + f.charset
	}
	put(w, "Content-Type: "+contentType+";\r\n "+oldName(f.name)+"\r\n")
	put(w, "Content-Transfer-Encoding: "+encoding+"\r\n")
	if f.contentID != "" {
		put(w, "Content-ID: "+f.contentID+"\r\n")
	}
	put(w, "Content-Disposition: "+disposition+";\r\n "+strings.Join(parameter("filename", f.name), ";\r\n ")+"\r\n\r\n")
}

func oldName(name string) string {
	if simple(name) {
		return `name="` + name + `"`
	}
	return `name="` + strings.Join(encodedWords(name), "\r\n ") + `"`
}

// parameter is RFC 2231: percent-encoded UTF-8, in segments where it is long, none of which splits a letter.
func parameter(key, value string) []string {
	if simple(value) {
		return []string{key + `="` + value + `"`}
	}
	const charset = "utf-8''"
	var segments []string
	current := charset
	for _, r := range value {
		piece := percent(string(r))
		if len(current)+len(piece) > segmentLength {
			segments = append(segments, current)
			current = ""
		}
		current += piece
	}
	segments = append(segments, current)
	if len(segments) == 1 {
		return []string{key + "*=" + current}
	}
	for i, s := range segments {
		segments[i] = key + "*" + strconv.Itoa(i) + "*=" + s
	}
	return segments
}

// simple names stand in plain quotes. Quotes, backslashes, semicolons and percent signs do not count as simple: correct
// quoting is easy to write, but mail programs differ in reading it.
func simple(name string) bool {
	for _, b := range []byte(name) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', strings.IndexByte(" ._-+()@,&#!", b) >= 0:
		default:
			return false
		}
	}
	return len(name) <= wordLength
}

func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for _, b := range []byte(s) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '.', b == '_':
			out.WriteByte(b) // all of them attribute-char, RFC 2231 §7
		default:
			out.Write([]byte{'%', hex[b>>4], hex[b&15]})
		}
	}
	return out.String()
}

// binary writes content as base64 in lines of 76, the most that RFC 2045 §6.8 allows.
func binary(w io.Writer, content io.Reader) error {
	lines := &lineBreaker{w: w}
	enc := base64.NewEncoder(base64.StdEncoding, lines)
	if _, err := io.Copy(enc, content); err != nil {
		return err
	}
	return enc.Close()
}

type lineBreaker struct {
	w      io.Writer
	column int
}

func (l *lineBreaker) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		if l.column == lineLength {
			if _, err := io.WriteString(l.w, "\r\n"); err != nil {
				return written, err
			}
			l.column = 0
		}
		n, err := l.w.Write(p[:min(len(p), lineLength-l.column)])
		written += n
		l.column += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}
