package header

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

var (
	// ErrMalformed: what stands before the blank line is no header, or one that two programs could read differently.
	ErrMalformed = errors.New("header: not a mail header")
	// ErrTooLarge: a header, or one of its fields, is over the limit.
	ErrTooLarge = errors.New("header: the header is too large")
	// ErrUnusable: a field cannot be written, or is not one to protect.
	ErrUnusable = errors.New("header: a field cannot be written")
)

const (
	// maxHeader is four times what Exchange Online keeps of a message's header (Office.js: internetHeaders, 256 KB): the
	// fields stand in a payload twice, and outside come those of every gateway.
	maxHeader = 1 << 20
	// maxField holds the 500 recipients that Exchange Online allows, with long names.
	maxField = 256 << 10
	// maxFields is ours: a mail that went through many hands has about a hundred.
	maxFields = 4000
)

// Field is one header field.
type Field struct {
	Name string // as written
	// Value is what stands between the colon with its white space and the last line end: folding included, as CRLF and a
	// space or tab.
	Value string
}

// Text is the value on one line (RFC 5322 §2.2.3). RFC 2047 words are not decoded.
func (f Field) Text() string { return strings.Trim(strings.ReplaceAll(f.Value, "\r\n", ""), " \t") }

func (f Field) is(name string) bool { return strings.EqualFold(f.Name, name) }

// structural fields say what an entity's own body is, and are never protected (RFC 9787 §1.1.1).
func (f Field) structural() bool {
	return f.is("MIME-Version") || (len(f.Name) >= 8 && strings.EqualFold(f.Name[:8], "Content-"))
}

const outerName = "HP-Outer"

// ParseFields reads header fields up to and with the blank line, or to the end: a message may be a header alone (RFC 5322
// §3.5). Lines end in CRLF or LF. Its errors are ErrMalformed, ErrTooLarge, and r's.
//
// A CR or NUL within a line is malformed: some programs end the line there, and would see a field that others do not.
func ParseFields(r *bufio.Reader) ([]Field, error) {
	var found []Field
	var value []byte // of the last field
	total := 0
	for {
		line, err := readLine(r, maxHeader-total)
		if err != nil {
			return nil, err
		}
		total += len(line)
		content := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		folded := len(content) > 0 && (content[0] == ' ' || content[0] == '\t')
		if !folded && len(found) > 0 {
			found[len(found)-1].Value = string(bytes.TrimRight(value, " \t"))
		}
		switch {
		case len(content) == 0:
			return found, nil
		case bytes.ContainsAny(content, "\r\x00"), folded && len(found) == 0:
			return nil, ErrMalformed
		case folded && len(bytes.TrimLeft(content, " \t")) == 0: // RFC 5322 §4.2: to be read, never to be written
		case folded:
			value = append(append(value, "\r\n"...), content...)
		case len(found) == maxFields:
			return nil, ErrTooLarge
		default:
			name, rest, colon := bytes.Cut(content, []byte(":"))
			name = bytes.TrimRight(name, " \t") // RFC 5322 §4.5.8
			if !colon || !isName(string(name)) {
				return nil, ErrMalformed
			}
			found = append(found, Field{Name: string(name)})
			value = append(value[:0], bytes.TrimLeft(rest, " \t")...)
		}
		if len(value) > maxField {
			return nil, ErrTooLarge
		}
	}
}

// readLine gives one line with its end; at the end of r, what there is.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(line)+len(piece) > limit {
			return nil, ErrTooLarge
		}
		if line == nil && err == nil {
			return piece, nil
		}
		line = append(line, piece...)
		switch {
		case err == nil, errors.Is(err, io.EOF):
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// WriteFields writes a header without its blank line. Its error is ErrUnusable for a value that a reader could take for two
// fields, and then nothing is written; or w's.
func WriteFields(w io.Writer, list []Field) error {
	var out strings.Builder
	for _, f := range list {
		if err := f.usable(); err != nil {
			return err
		}
		out.WriteString(f.line())
	}
	_, err := io.WriteString(w, out.String())
	return err
}

const maxLine = 998 // RFC 5322 §2.1.1

// usable refuses what a reader could take for another field, or for the end of the header.
func (f Field) usable() error {
	if !isName(f.Name) {
		return fmt.Errorf("%w: its name is none", ErrUnusable)
	}
	whole := strings.TrimSuffix(f.line(), "\r\n")
	for i, line := range strings.Split(whole, "\r\n") {
		switch {
		case i > 0 && (strings.Trim(line, " \t") == "" || (line[0] != ' ' && line[0] != '\t')),
			strings.ContainsFunc(line, func(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }):
			return fmt.Errorf("%w: %s holds what is no text", ErrUnusable, f.Name)
		case len(line) > maxLine:
			return fmt.Errorf("%w: a line of %s is too long", ErrUnusable, f.Name)
		}
	}
	if len(whole) > maxField {
		return ErrTooLarge
	}
	return nil
}

// line keeps the value's own folding.
func (f Field) line() string {
	if strings.HasPrefix(f.Value, "\r") || f.Value == "" {
		return f.Name + ":" + f.Value + "\r\n"
	}
	return f.Name + ": " + f.Value + "\r\n"
}

// isName is RFC 5322 §3.6.8.
func isName(s string) bool {
	return s != "" && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '!' || c > '~' || c == ':' })
}

// singleNames are the fields that may stand once (RFC 5322 §3.6). Of two, programs differ in which they believe.
var singleNames = []string{
	"date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
}

// repeated names the fields that stand more than once and may not, each once and in lower case.
func repeated(list []Field) []string {
	count := make(map[string]int)
	var names []string
	for _, f := range list {
		name := strings.ToLower(f.Name)
		if count[name]++; count[name] == 2 && slices.Contains(singleNames, name) {
			names = append(names, name)
		}
	}
	return names
}
