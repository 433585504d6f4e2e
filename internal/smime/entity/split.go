package entity

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const (
	// maxSignature is the largest signature part: a signer with its chain is 10 KiB, but lists of revoked certificates may
	// be sent along.
	maxSignature = 8 << 20
	// maxPadding is how much white space behind a delimiter is borne with (RFC 2046 §5.1.1: transport padding).
	maxPadding = 1 << 10
)

// Parts is a multipart/signed on its way in: first Read to the end of the signed bytes, then Signature.
type Parts struct {
	r         *bufio.Reader
	delimiter []byte // LF and how a delimiter line begins
	start     bool   // nothing of the part has been read: a delimiter needs no line end before it
	done      bool   // the part's delimiter has been taken in
	closed    bool   // it was the last one
}

// Split starts on the first part of multipart/signed (RFC 1847 §2.1), which Read gives exactly as it stands between the line
// ends that belong to the delimiters.
func (e *Entity) Split() (*Parts, error) {
	boundary := e.Parameters["boundary"]
	if len(boundary) < 1 || len(boundary) > 70 { // RFC 2046 §5.1.1
		return nil, ErrMalformed
	}
	p := &Parts{r: e.Body, delimiter: []byte("\n--" + boundary), start: true}
	if _, err := io.Copy(io.Discard, p); err != nil { // the preamble
		return nil, err
	}
	return p, p.next()
}

func (p *Parts) next() error {
	if p.closed {
		return ErrMalformed
	}
	p.start, p.done = true, false
	return nil
}

// Signature reads the second part, which must be the last. The first must have been read to its end.
func (p *Parts) Signature() (*Entity, error) {
	if !p.done {
		return nil, ErrMalformed
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	part, err := io.ReadAll(io.LimitReader(p, maxSignature+1))
	if err != nil {
		return nil, err
	}
	if len(part) > maxSignature || !p.closed {
		return nil, ErrMalformed
	}
	return Read(io.MultiReader(bytes.NewReader(part), bytes.NewReader([]byte("\r\n")))) // that line end was the delimiter's
}

// Read ends with io.EOF at a delimiter, and with ErrMalformed where the source ends without one.
func (p *Parts) Read(out []byte) (int, error) {
	if p.done {
		return 0, io.EOF
	}
	need := len("\r") + len(p.delimiter) + len("--") + maxPadding
	window, err := p.r.Peek(need)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if err == nil {
		window, _ = p.r.Peek(p.r.Buffered())
	}
	give := p.content(window, err != nil)
	if p.done {
		if _, err := p.r.Discard(give); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	if give == 0 {
		return 0, ErrMalformed
	}
	p.start = false
	n := copy(out, window[:give])
	_, err = p.r.Discard(n)
	return n, err
}

// content gives how many octets at the start of the window are content, or, with done, how many the delimiter takes.
func (p *Parts) content(window []byte, last bool) int {
	if p.start {
		if length := p.delimiterLine(window, p.delimiter[1:], last); length > 0 {
			return length
		}
	}
	found := bytes.Index(window, p.delimiter)
	switch {
	case found < 0 && last:
		return 0
	case found < 0: // the end may be half a delimiter, with the CR before it
		return len(window) - len(p.delimiter) - 1
	case found > 1, found == 1 && window[0] != '\r':
		if window[found-1] == '\r' {
			found--
		}
		return found // and with the next Read, enough behind it to see whether it is a delimiter
	}
	if length := p.delimiterLine(window[found:], p.delimiter, last); length > 0 {
		return found + length
	}
	return found + 1
}

// delimiterLine gives the length of the delimiter line that the window starts with, 0 where it does not.
func (p *Parts) delimiterLine(window, delimiter []byte, last bool) int {
	rest, ok := bytes.CutPrefix(window, delimiter)
	if !ok {
		return 0
	}
	closing, closed := bytes.CutPrefix(rest, []byte("--"))
	if closed {
		rest = closing
	}
	end := bytes.IndexByte(rest, '\n') + 1
	if end == 0 && last {
		end = len(rest)
	}
	if (end == 0 && !last) || end > maxPadding || len(bytes.TrimRight(rest[:end], " \t\r\n")) > 0 {
		return 0
	}
	p.done, p.closed = true, closed
	return len(window) - len(rest) + end
}
