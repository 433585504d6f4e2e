package header

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
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
	// LegacyDisplay names the fields that the text begins with, for older readers, where they are confidential and for
	// people to see. RFC 9788 §5.2.1 takes all of them; but where copies go different ways, To and Cc differ outside without
	// being hidden, and a list of recipients is no beginning for a letter.
	LegacyDisplay []string
}

var (
	// ErrForeign: the entity has fields of its own that are not about its content. Readers would take them for protected ones.
	ErrForeign = errors.New("header: the entity has fields that are not its own")
	// ErrLayer: the entity is signed or encrypted already. Readers look for protected fields within it, and would see none.
	ErrLayer = errors.New("header: the entity is signed or encrypted itself")
)

const (
	maxEntityHeader = 64 << 10 // ours have four fields
	foldAt          = 76       // RFC 2047 §2, for lines with encoded-words
)

// NewWriter writes a MIME entity (Content-* fields, blank line, body; CRLF or LF) to w as a payload with protected header
// fields. The entity's header is held, and no more; with LegacyDisplay the beginning of its text too.
//
// An error of NewWriter is ErrUnusable or ErrTooLarge. Write and Close give ErrMalformed, ErrTooLarge, ErrForeign
// or ErrLayer for the entity's header, or w's error. Nothing is complete before Close, which does not close w.
func NewWriter(w io.Writer, p Protection) (io.WriteCloser, error) {
	head, err := p.head()
	if err != nil {
		return nil, err
	}
	out := &writer{w: w, mode: p.Mode, head: head}
	if len(p.LegacyDisplay) == 0 || p.Mode != Cipher {
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

// hidden is what an older reader would miss, decoded.
func (p Protection) hidden() []display.Line {
	var lines []display.Line
	words := new(mime.WordDecoder)
	for _, f := range confidential(p.Fields, p.Outer) {
		if !slices.ContainsFunc(p.LegacyDisplay, f.is) {
			continue
		}
		text, err := words.DecodeHeader(f.Text())
		if err != nil {
			text = f.Text()
		}
		lines = append(lines, display.Line{Name: f.Name, Text: text})
	}
	return lines
}
