package header

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"aau.dk/sendsikker/internal/smime/header/display"
)

// Mode is what a payload says was done to it (the hp parameter, RFC 9788 §2.1.1).
type Mode string

const (
	Unprotected Mode = ""
	Clear       Mode = "clear"  // signed
	Cipher      Mode = "cipher" // signed and encrypted, or encrypted
)

// Protection is what NewWriter adds to an entity.
type Protection struct {
	Mode   Mode    // Clear for mail that is only signed, Cipher for mail that is encrypted: never the other way (§2.1.1)
	Fields []Field // of the message as its sender wrote it; structural ones are passed over, here and in Outer
	Outer  []Field // of the message outside, recorded for Cipher; what differs is confidential
	// LegacyDisplay begins the text with the confidential fields that are for people to see.
	LegacyDisplay bool
}

// ErrForeign: the entity has fields of its own that are not about its content. Readers would take them for protected ones.
var ErrForeign = errors.New("header: the entity has fields that are not its own")

const (
	maxEntityHeader = 64 << 10 // ours have four fields
	foldAt          = 76       // RFC 2047 §2, for lines with encoded-words
)

// NewWriter writes a MIME entity (Content-* fields, blank line, body; CRLF or LF) to w as a payload with protected header
// fields. The entity's header is held, and no more; with LegacyDisplay the beginning of its text too.
//
// An error of NewWriter is ErrUnusable or ErrTooLarge. Write and Close give ErrMalformed, ErrTooLarge or ErrForeign where
// the entity's header is at fault, or w's error. Nothing is complete before Close, which does not close w.
func NewWriter(w io.Writer, p Protection) (io.WriteCloser, error) {
	head, err := p.head()
	if err != nil {
		return nil, err
	}
	out := &writer{w: w, mode: p.Mode, head: head}
	if !p.LegacyDisplay || p.Mode != Cipher {
		return out, nil
	}
	out.marks = true
	return chain{display.NewWriter(out, p.hidden()), out}, nil
}

// head is the protected fields and the record of those outside (RFC 9788 §5.2.1).
func (p Protection) head() (string, error) {
	if p.Mode != Clear && p.Mode != Cipher {
		return "", errors.New("header: protection without a mode")
	}
	if names := append(repeated(p.Fields), repeated(p.Outer)...); len(names) > 0 {
		return "", fmt.Errorf("%w: %s stands twice", ErrUnusable, names[0])
	}
	var out strings.Builder
	for _, f := range p.Fields {
		if f.structural() {
			continue
		}
		if err := f.protectable(); err != nil {
			return "", err
		}
		out.WriteString(f.line())
	}
	for _, f := range p.Outer {
		if f.structural() || p.Mode != Cipher { // RFC 9788 §2.2: nothing is hidden in mail that is only signed
			continue
		}
		r := f.record()
		if err := errors.Join(f.protectable(), r.usable()); err != nil {
			return "", err
		}
		out.WriteString(r.line())
	}
	if out.Len() > maxHeader-2*maxEntityHeader || len(p.Fields)+len(p.Outer) > maxFields/2 {
		return "", ErrTooLarge
	}
	return out.String(), nil
}

// protectable refuses Bcc, which would tell every recipient of the others (RFC 9788 §11.4), and a record that is not ours.
func (f Field) protectable() error {
	if f.is(outerName) || f.is("Bcc") || f.is("Resent-Bcc") {
		return fmt.Errorf("%w: %s", ErrUnusable, f.Name)
	}
	return f.usable()
}

// record is the field as HP-Outer has it (RFC 9788 §2.2), on a line of its own where the name in front makes it long.
func (f Field) record() Field {
	line := strings.TrimSuffix(f.line(), "\r\n")
	if first, _, _ := strings.Cut(line, "\r"); len(outerName)+2+len(first) > foldAt {
		line = "\r\n " + line
	}
	return Field{Name: outerName, Value: line}
}

// hidden is what an older reader does not see: the confidential fields, decoded.
func (p Protection) hidden() []display.Line {
	var lines []display.Line
	words := new(mime.WordDecoder)
	for _, f := range confidential(p.Fields, p.Outer) {
		text, err := words.DecodeHeader(f.Text())
		if err != nil {
			text = f.Text()
		}
		lines = append(lines, display.Line{Name: f.Name, Text: text})
	}
	return lines
}

type writer struct {
	w     io.Writer
	mode  Mode
	head  string
	marks bool // the mark of a Legacy Display Element is ours
	held  []byte
	body  bool
	err   error
}

func (h *writer) Write(b []byte) (int, error) {
	n := len(b)
	if h.err == nil && !h.body {
		b, h.err = h.begin(b)
	}
	if h.err == nil && len(b) > 0 {
		_, h.err = h.w.Write(b)
	}
	if h.err != nil {
		return 0, h.err
	}
	return n, nil
}

// Close fails where the entity had no blank line.
func (h *writer) Close() error {
	if h.err == nil && !h.body {
		h.err = ErrMalformed
	}
	return h.err
}

// begin holds what comes until the blank line, and gives back what comes after it.
func (h *writer) begin(b []byte) (rest []byte, err error) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n') + 1
		if end == 0 {
			end = len(b)
		}
		from := bytes.LastIndexByte(h.held, '\n') + 1
		h.held = append(h.held, b[:end]...)
		b = b[end:]
		if len(h.held) > maxEntityHeader {
			return nil, ErrTooLarge
		}
		if line := string(h.held[from:]); line == "\n" || line == "\r\n" {
			h.body = true
			return b, h.writeHead()
		}
	}
	return nil, nil
}

func (h *writer) writeHead() error {
	own, err := ParseFields(bufio.NewReader(bytes.NewReader(h.held)))
	if err != nil {
		return err
	}
	out := h.head
	typed := false
	for _, f := range own {
		switch {
		case !f.structural():
			return ErrForeign
		case f.is("Content-Type") && typed:
			return ErrMalformed
		case f.is("Content-Type"):
			typed = true
			f.Value = display.WithParameter(h.clean(f.Value), "hp", string(h.mode), "\r\n")
			if modeOf([]Field{f}) != h.mode { // nobody could read it
				return ErrMalformed
			}
		}
		out += f.line()
	}
	if !typed { // RFC 2045 §5.2
		out += "Content-Type: text/plain; charset=us-ascii; hp=\"" + string(h.mode) + "\"\r\n"
	}
	h.held = nil
	_, err = io.WriteString(h.w, out+"\r\n")
	return err
}

// clean takes away what the entity's maker may have claimed.
func (h *writer) clean(contentType string) string {
	contentType = display.WithoutParameter(contentType, "hp")
	if !h.marks {
		contentType = display.WithoutParameter(contentType, "hp-legacy-display")
	}
	return contentType
}

// chain closes the writer in front, then the one behind.
type chain struct {
	io.WriteCloser
	behind io.Closer
}

func (c chain) Close() error {
	if err := c.WriteCloser.Close(); err != nil {
		return err
	}
	return c.behind.Close()
}
