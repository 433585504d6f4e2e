package submission

import (
	"errors"
	"io"
)

// maxLine is RFC 5321 section 4.5.3.1.6: a thousand with its CRLF.
const maxLine = 998

var (
	errShort    = errors.New("the message ended before its stated size")
	errLong     = errors.New("the message is longer than its stated size")
	errLineEnd  = errors.New("a line ends in CR or LF alone")
	errLineLong = errors.New("a line is longer than 998")
	errNUL      = errors.New("a NUL in the message")
	errEightBit = errors.New("8-bit bytes, and the server does not take them")
)

// isOfTheMessage says that the message itself cannot go this way, however often it is tried.
func isOfTheMessage(err error) bool {
	return errors.Is(err, errLineEnd) || errors.Is(err, errLineLong) || errors.Is(err, errNUL) || errors.Is(err, errEightBit)
}

// checked hands on a message of exactly left bytes that SMTP carries unchanged. It finds a fault before it hands on the byte
// that has it, and remembers it: an io.Copy cannot tell the source's error from the line's.
//
// Dots are not looked at: the client's DATA writer doubles those that begin a line (RFC 5321 section 4.5.2).
type checked struct {
	source   io.Reader
	left     int64
	eightBit bool // RFC 6152 was offered
	column   int
	cr       bool // the last byte was CR
	err      error
}

func (c *checked) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.source.Read(p)
	if int64(n) > c.left {
		c.err = errLong
		return 0, c.err
	}
	c.left -= int64(n)
	for at, b := range p[:n] {
		if c.err = c.next(b); c.err != nil {
			return at, c.err
		}
	}
	if errors.Is(err, io.EOF) {
		switch {
		case c.left > 0:
			err = errShort
		case c.cr:
			err = errLineEnd
		default:
			return n, io.EOF
		}
	}
	c.err = err
	return n, err
}

// next looks at one byte.
func (c *checked) next(b byte) error {
	switch {
	case c.cr:
		if b != '\n' {
			return errLineEnd
		}
		c.cr, c.column = false, 0
		return nil
	case b == '\n':
		return errLineEnd
	case b == '\r':
		c.cr = true
		return nil
	case b == 0:
		return errNUL
	case b >= 0x80 && !c.eightBit:
		return errEightBit
	}
	if c.column++; c.column > maxLine {
		return errLineLong
	}
	return nil
}
