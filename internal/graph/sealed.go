package graph

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// sealedBody is a sealed message taken apart: its header, and its CMS bytes.
//
//	a source that seeks      the size by the last line of the base64; read through once, and again from where it must be
//	a source that does not   decoded into a temporary file without a name: sealed bytes, three quarters of the message
//
// An upload session wants the exact size before the first byte, and may be lost and begun anew, so once through a stream is
// not enough; and memory must not grow with the message. A file costs a tenth of a second for 150 MB (measured), and lies
// in os.TempDir: a container that keeps that in memory should set TMPDIR to a disk.
type sealedBody struct {
	head *head
	size int64 // of the CMS

	// open reads the CMS from an offset to its end. Only the newest reader counts.
	open  func(at int64) (io.Reader, error)
	close func()
}

// openSealed takes mime apart. The error is errNotEnveloped, errHead, or one of the source's.
func openSealed(mime io.Reader, size int64) (*sealedBody, error) {
	if seeker, ok := mime.(io.ReadSeeker); ok {
		return openSeeker(seeker, size)
	}
	h, body, err := split(mime, size)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "sealed-*")
	if err != nil {
		return nil, fmt.Errorf("making room for a large message: %w", withoutPath(err))
	}
	// Without a name it is gone with the process, however that ends.
	_ = os.Remove(file.Name())
	n, err := io.Copy(file, h.decode(body))
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("decoding a large message: %w", withoutPath(err))
	}
	return &sealedBody{
		head: h, size: n,
		open:  func(at int64) (io.Reader, error) { return io.NewSectionReader(file, at, n-at), nil },
		close: func() { _ = file.Close() },
	}, nil
}

// withoutPath leaves the name of the file out of an error; what is wrong with the disk is enough.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

func openSeeker(seeker io.ReadSeeker, size int64) (*sealedBody, error) {
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, fmt.Errorf("finding a large message: %w", withoutPath(err))
	}
	again := func() (*head, *bufio.Reader, error) {
		if _, err := seeker.Seek(start, io.SeekStart); err != nil {
			return nil, nil, fmt.Errorf("going back in a large message: %w", withoutPath(err))
		}
		return split(seeker, size)
	}
	h, body, err := again()
	if err != nil {
		return nil, err
	}
	n, ok, err := sizeByTail(seeker, start, size, body)
	if err == nil && !ok {
		// Not the layout of package smime: counted the long way.
		if h, body, err = again(); err == nil {
			n, err = io.Copy(io.Discard, h.decode(body))
		}
	}
	if err != nil {
		return nil, err
	}
	return &sealedBody{
		head: h, size: n,
		open: func(at int64) (io.Reader, error) {
			h, body, err := again()
			if err != nil {
				return nil, err
			}
			raw := &exact{source: h.decode(body), left: n}
			_, err = io.CopyN(io.Discard, raw, at)
			return raw, err
		},
		close: func() {},
	}, nil
}

// The layout in which package smime writes the body: base64 in lines of 76 columns and CRLF (RFC 2045 section 6.8).
const (
	columns  = 76
	lineLen  = columns + 2
	perLine  = columns / 4 * 3
	quantum  = 4 // characters of base64, for 3 bytes
	tailSize = 2 + lineLen
)

// sizeByTail reads the last line alone: with the lines before it of one length, its padding is all that is not known.
func sizeByTail(seeker io.ReadSeeker, start, size int64, body *bufio.Reader) (n int64, ok bool, err error) {
	first, err := body.Peek(lineLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false, err
	}
	first = bytes.Clone(first)
	left, err := bodySize(seeker, start, size, body)
	if err != nil || left < lineLen {
		return 0, false, err
	}
	tail := make([]byte, min(tailSize, left))
	if _, err := seeker.Seek(start+size-int64(len(tail)), io.SeekStart); err != nil {
		return 0, false, fmt.Errorf("finding the end of a large message: %w", withoutPath(err))
	}
	if _, err := io.ReadFull(seeker, tail); err != nil {
		return 0, false, fmt.Errorf("reading the end of a large message: %w", withoutPath(err))
	}
	n, ok = cmsSize(left, first, tail)
	return n, ok, nil
}

// bodySize is what lies between the reader, which has read some of it ahead, and the end of the message.
func bodySize(seeker io.Seeker, start, size int64, body *bufio.Reader) (int64, error) {
	at, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, fmt.Errorf("finding the body of a large message: %w", withoutPath(err))
	}
	return start + size - at + int64(body.Buffered()), nil
}

// cmsSize is how many bytes a body of base64 decodes to, by its size, its first line and its end (at least the last line).
// ok is false where those three show another layout. One that hides in between makes a wrong size, and the reader that is
// held to the size then fails before its last byte is handed on.
func cmsSize(body int64, first, tail []byte) (n int64, ok bool) {
	crlf := []byte("\r\n")
	rest := body % lineLen
	if rest == 0 {
		rest = lineLen
	}
	if body < lineLen || int64(len(tail)) < rest || len(first) != lineLen || !bytes.HasSuffix(first, crlf) {
		return 0, false
	}
	last, isLine := bytes.CutSuffix(tail[int64(len(tail))-rest:], crlf)
	text := bytes.TrimRight(last, "=")
	padding := len(last) - len(text)
	if !isLine || len(last) == 0 || len(last)%quantum != 0 || padding > 2 || bytes.ContainsAny(text, "=\r\n") || bytes.ContainsAny(first[:columns], "=\r\n") {
		return 0, false
	}
	return (body-rest)/lineLen*perLine + int64(len(last)/quantum*3-padding), true
}

// split reads the header and leaves the reader at the body.
func split(mime io.Reader, size int64) (*head, *bufio.Reader, error) {
	body := bufio.NewReaderSize(&exact{source: mime, left: size}, 64<<10)
	h, err := readHead(body)
	if err != nil {
		return nil, nil, err
	}
	return h, body, nil
}
