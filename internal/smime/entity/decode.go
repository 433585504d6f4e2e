package entity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
)

// Decoded undoes the transfer encoding. Its error is ErrMalformed or the source's.
func (e *Entity) Decoded() io.Reader {
	switch e.Encoding {
	case "base64":
		return &base64Reader{src: e.Body, raw: make([]byte, base64Piece), clean: make([]byte, 0, base64Piece+3), out: make([]byte, base64.StdEncoding.DecodedLen(base64Piece+4))}
	case "quoted-printable":
		return &quotedReader{quotedprintable.NewReader(e.Body)}
	}
	return e.Body
}

type quotedReader struct{ r io.Reader }

func (q *quotedReader) Read(p []byte) (int, error) {
	n, err := q.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errors.Join(ErrMalformed, err) // the source's error may be inside
	}
	return n, err
}

const base64Piece = 32 << 10

// base64Reader reads past characters outside the alphabet, as RFC 2045 §6.8 asks. The line ends of ordinary mail are taken
// out first, so that the decoder runs over long clean stretches.
type base64Reader struct {
	src   io.Reader
	raw   []byte
	clean []byte // what waits to be decoded; at the start of a piece less than a quantum
	out   []byte
	ready []byte // decoded
	ended bool   // padding was seen
	err   error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.ready) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

func (b *base64Reader) fill() {
	n, err := b.src.Read(b.raw)
	b.err = err
	b.clean = withoutLineEnds(b.clean, b.raw[:n])
	if b.ended {
		// RFC 2045 §6.8: padding is the end of the data.
		if len(onlyAlphabet(b.clean)) > 0 {
			b.err = ErrMalformed
		}
		b.clean = b.clean[:0]
		return
	}
	whole := len(b.clean) &^ 3
	if errors.Is(err, io.EOF) {
		whole = len(b.clean)
	}
	m, bad := base64.StdEncoding.Decode(b.out, b.clean[:whole])
	if bad != nil {
		b.clean = onlyAlphabet(b.clean)
		if whole = len(b.clean) &^ 3; errors.Is(err, io.EOF) {
			whole = len(b.clean)
		}
		if m, bad = base64.StdEncoding.Decode(b.out, b.clean[:whole]); bad != nil {
			b.err = ErrMalformed
			return
		}
	}
	b.ended = whole > 0 && b.clean[whole-1] == '='
	b.ready = b.out[:m]
	b.clean = b.clean[:copy(b.clean, b.clean[whole:])]
}

func withoutLineEnds(dst, src []byte) []byte {
	for len(src) > 0 {
		end := bytes.IndexByte(src, '\n')
		if end < 0 {
			return append(dst, bytes.TrimSuffix(src, []byte("\r"))...)
		}
		dst = append(dst, bytes.TrimSuffix(src[:end], []byte("\r"))...)
		src = src[end+1:]
	}
	return dst
}

func onlyAlphabet(b []byte) []byte {
	kept := b[:0]
	for _, c := range b {
		if c == '+' || c == '/' || c == '=' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
			kept = append(kept, c)
		}
	}
	return kept
}
