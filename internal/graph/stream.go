package graph

import (
	"encoding/base64"
	"errors"
	"io"
)

var (
	errShort = errors.New("the message ended before its stated size")
	errLong  = errors.New("the message is longer than its stated size")
)

// exact reads size bytes, not one more or less, and remembers why it could not: net/http wraps the error of a body in
// words that cannot be taken apart. The check for too many bytes comes before the last ones are handed on, so that a
// request whose body has another size than stated is never complete.
type exact struct {
	source io.Reader
	left   int64
	within bool // of something longer: what comes after is not looked at
	err    error
}

func (e *exact) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.source.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if e.left > 0 {
		if errors.Is(err, io.EOF) {
			err = errShort
		}
		e.err = err
		return n, err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		e.err = err
		return 0, err
	}
	if e.within {
		return n, nil
	}
	switch extra, err := io.ReadFull(e.source, make([]byte, 1)); {
	case extra > 0:
		e.err = errLong
	case !errors.Is(err, io.EOF):
		e.err = err
	}
	if e.err != nil {
		return 0, e.err
	}
	return n, nil
}

// encoding is its source in base64, unwrapped, as it is read.
type encoding struct {
	source io.Reader
	in     [24 << 10]byte // a multiple of 3, so that padding comes at the end only
	out    [32 << 10]byte
	ready  []byte
	err    error
}

func (e *encoding) Read(p []byte) (int, error) {
	if len(e.ready) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		n, err := io.ReadFull(e.source, e.in[:])
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			e.err = err
			return 0, err
		}
		base64.StdEncoding.Encode(e.out[:], e.in[:n])
		e.ready, e.err = e.out[:base64.StdEncoding.EncodedLen(n)], err
	}
	n := copy(p, e.ready)
	e.ready = e.ready[n:]
	if n == 0 && e.err != nil {
		return 0, e.err
	}
	return n, nil
}

func encodedLen(size int64) int64 { return (size + 2) / 3 * 4 }
