package draft

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// passage is the content of a message that was handed in whole, on its way through.
//
// 8-bit text and lines longer than RFC 5322 §2.1.1 allows are let through as they are: sealed, they are bytes inside a CMS;
// in a plain copy the whole message goes to Graph as base64. Re-encoding would break signatures inside, and refusing would
// stop mail that every program shows correctly. The binary transfer encoding (RFC 3030) is refused: there a CR or LF may be
// data, and line ends could not be made CRLF without changing it.
type passage struct {
	once
	in      *bufio.Reader
	fields  []byte // Content-*, with CRLF
	check   structure
	content bool // there was something to read
}

// begin takes the Content-* fields from the message's header.
func (p *passage) begin(all []headerField) error {
	typed := false
	for _, f := range all {
		if !strings.HasPrefix(f.name, "content-") {
			continue
		}
		typed = typed || f.name == "content-type"
		raw := bytes.TrimSuffix(f.raw, []byte("\n"))
		p.fields = append(append(p.fields, bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))...), "\r\n"...)
	}
	if !typed {
		p.fields = append([]byte("Content-Type: text/plain; charset=us-ascii\r\n"), p.fields...)
	}
	return p.check.enter(all)
}

// Head is the Content-* fields as WriteTo will write them, without the blank line: what else may stand in the header of this
// content is for its reader to say, and that header was somebody else's to write.
func (p *passage) Head() []byte { return p.fields }

func (p *passage) WriteTo(w io.Writer) (int64, error) { return p.writeTo(w, p.write) }

func (p *passage) write(out *bufio.Writer) error {
	_, _ = out.Write(p.fields)
	put(out, "\r\n")
	fresh := true // at the start of a line
	for {
		line, err := p.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !ended(err) {
			return fmt.Errorf("reading the message's body: %w", err)
		}
		cut := errors.Is(err, bufio.ErrBufferFull)
		eol := err == nil
		text := line
		switch {
		case eol:
			text = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
		case cut && text[len(text)-1] == '\r':
			// The CR may belong to an LF that is still to come.
			text = text[:len(text)-1]
			if unread := p.in.UnreadByte(); unread != nil {
				return fmt.Errorf("reading the message's body: %w", unread)
			}
		}
		if bytes.ContainsAny(text, "\x00\r") {
			return malformed("den indeholder NUL eller et løst CR", "it holds NUL or a lone CR")
		}
		p.content = p.content || len(bytes.TrimSpace(text)) > 0
		if err := p.check.line(text, fresh, !cut); err != nil {
			return err
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
		if eol {
			put(out, "\r\n")
		}
		if ended(err) {
			break
		}
		fresh = eol
	}
	if !p.content {
		return emptyDraft()
	}
	return p.check.end()
}
