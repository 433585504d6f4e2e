package smime

import (
	"bytes"
	"errors"
	"io"
)

// Hold keeps back what has been opened until all of it has been checked; package hold has one that goes to disk.
type Hold interface {
	io.Writer
	// Reader reads from the start what was written; nothing is written after the first.
	Reader() (io.Reader, error)
	// Close throws away what is held.
	Close() error
}

// memory is the Hold that Open takes where it is given none. What goes in is bounded by OpenOptions.MaxSize.
type memory struct{ bytes.Buffer }

func (m *memory) Reader() (io.Reader, error) { return bytes.NewReader(m.Bytes()), nil }
func (m *memory) Close() error               { m.Buffer = bytes.Buffer{}; return nil }

// errHold marks what went wrong in keeping content: a full disk must not be taken for a mail that was altered.
var errHold = errors.New("smime: keeping back what was opened")

type marked struct{ Hold }

func (m *marked) Write(p []byte) (int, error) {
	n, err := m.Hold.Write(p)
	if err != nil {
		err = errors.Join(errHold, err)
	}
	return n, err
}

func (m *marked) Reader() (io.Reader, error) {
	r, err := m.Hold.Reader()
	if err != nil {
		err = errors.Join(errHold, err)
	}
	return r, err
}
