package smime

import (
	"bytes"
	"errors"
	"io"
)

// lineWriter ends every line with CRLF, so that each reader digests the same bytes (RFC 8551 §3.1.1): a bare LF and a
// bare CR become CRLF. What is right already passes through uncopied. It also watches for the blank line that ends the
// entity's header fields: without it a reader would take the boundary's neighbours for something else.
type lineWriter struct {
	w      io.Writer
	cr     bool // the last byte taken in was a CR, which is written once it is known what follows
	column bool // something stands on the present line
	blank  bool // a blank line was seen
}

var (
	crlf         = []byte("\r\n")
	errNoHeaders = errors.New("smime: not a MIME entity: no blank line after its header fields")
)

func (l *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	if l.cr && n > 0 {
		l.cr = false
		if p[0] == '\n' {
			p = p[1:]
		}
		if err := l.newline(); err != nil {
			return 0, err
		}
	}
	for len(p) > 0 {
		clean := l.clean(p)
		if clean > 0 {
			if _, err := l.w.Write(p[:clean]); err != nil {
				return 0, err
			}
			p = p[clean:]
			continue
		}
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		if err := l.mend(p[:end]); err != nil {
			return 0, err
		}
		p = p[end:]
	}
	return n, nil
}

// mend writes a stretch with at most one LF, at its end, that is not a whole line ending in CRLF.
func (l *lineWriter) mend(p []byte) error {
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\r\n")
		if end != 0 {
			text := p
			if end > 0 {
				text = p[:end]
			}
			l.column = true
			if _, err := l.w.Write(text); err != nil {
				return err
			}
			p = p[len(text):]
			continue
		}
		if p[0] == '\r' && len(p) == 1 {
			l.cr = true
			return nil
		}
		if p[0] == '\r' && p[1] == '\n' {
			p = p[1:]
		}
		p = p[1:]
		if err := l.newline(); err != nil {
			return err
		}
	}
	return nil
}

// clean is how many bytes at the start of p are whole lines that end in CRLF and hold no other CR.
func (l *lineWriter) clean(p []byte) int {
	clean := 0
	for {
		lf := bytes.IndexByte(p[clean:], '\n')
		if lf < 1 || p[clean+lf-1] != '\r' || bytes.IndexByte(p[clean:clean+lf], '\r') != lf-1 {
			return clean
		}
		if lf == 1 && !l.column {
			l.blank = true
		}
		l.column = false
		clean += lf + 1
	}
}

func (l *lineWriter) newline() error {
	l.blank = l.blank || !l.column
	l.column = false
	_, err := l.w.Write(crlf)
	return err
}

// finish writes a CR that was held back, as CRLF.
func (l *lineWriter) finish() error {
	if l.cr {
		l.cr = false
		if err := l.newline(); err != nil {
			return err
		}
	}
	if !l.blank {
		return errNoHeaders
	}
	return nil
}

// canonical writes the same lines, each ended by CRLF.
func canonical(dst io.Writer, src io.Reader) error {
	l := &lineWriter{w: dst}
	if _, err := io.Copy(l, src); err != nil {
		return err
	}
	if err := l.finish(); !errors.Is(err, errNoHeaders) { // what was signed need not be an entity
		return err
	}
	return nil
}
