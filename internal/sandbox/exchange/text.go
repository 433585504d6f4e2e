package exchange

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
)

// spillFrom is from where bytes go to a temporary file: what one Graph request can carry stays in memory.
const spillFrom = requestLimit

// text is bytes made of parts that are shared and never changed: a mail that was uploaded, sent, delivered to two people and
// kept in Sent Items lies on the disk once, and what differs between the five is a header in memory.
type text []part

// part is some bytes, in memory or in a file without a name, which the system takes back when nobody refers to it.
type part struct {
	memory  []byte
	file    *os.File // instead of memory
	from, n int64    // of the file
	encoded bool     // shown as base64 in lines (RFC 2045 section 6.8)
}

func inMemory(raw []byte) text { return text{{memory: raw}} }

func (p part) raw() int64 {
	if p.file == nil {
		return int64(len(p.memory))
	}
	return p.n
}

func (p part) size() int64 {
	if !p.encoded {
		return p.raw()
	}
	columns := (p.raw() + 2) / 3 * 4
	return columns + (columns+lineLength-1)/lineLength*2
}

func (p part) open() io.Reader {
	var r io.Reader = bytes.NewReader(p.memory)
	if p.file != nil {
		r = io.NewSectionReader(p.file, p.from, p.n)
	}
	if p.encoded {
		return &lines{source: r}
	}
	return r
}

func (t text) size() (n int64) {
	for _, p := range t {
		n += p.size()
	}
	return n
}

// weight is what it takes of memory and of the disk.
func (t text) weight() (memory, disk int64) {
	for _, p := range t {
		if p.file == nil {
			memory += int64(len(p.memory))
		} else {
			disk += p.n
		}
	}
	return memory, disk
}

func (t text) open() io.Reader {
	readers := make([]io.Reader, len(t))
	for n, p := range t {
		readers[n] = p.open()
	}
	return io.MultiReader(readers...)
}

// bytes is all of it in memory; nil where the disk does not give it back.
func (t text) bytes() []byte {
	if len(t) == 1 && t[0].file == nil && !t[0].encoded {
		return t[0].memory
	}
	out := make([]byte, t.size())
	if _, err := io.ReadFull(t.open(), out); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return out
}

// head is its beginning: as much of it as there is.
func (t text) head(most int64) []byte {
	if len(t) == 1 && t[0].file == nil && !t[0].encoded {
		return t[0].memory[:min(most, int64(len(t[0].memory)))]
	}
	out, err := io.ReadAll(io.LimitReader(t.open(), most))
	if err != nil {
		return nil
	}
	return out
}

// skip is the text without its first n bytes.
func (t text) skip(n int64) text {
	for len(t) > 0 && n >= t[0].size() {
		n -= t[0].size()
		t = t[1:]
	}
	if len(t) == 0 || n == 0 {
		return t
	}
	first := t[0]
	switch {
	case first.encoded:
		first = part{memory: text{first}.bytes()[n:]}
	case first.file != nil:
		first.from, first.n = first.from+n, first.n-n
	default:
		first.memory = first.memory[n:]
	}
	return append(text{first}, t[1:]...)
}

// encode is the text shown as base64. It takes what one upload or one request left: a single part.
func (t text) encode() text {
	if len(t) == 1 && !t[0].encoded {
		p := t[0]
		p.encoded = true
		return text{p}
	}
	return text{{memory: t.bytes(), encoded: true}}
}

// lines is its source in base64, in lines of lineLength and CRLF.
type lines struct {
	source io.Reader
	in     [lineLength / 4 * 3]byte
	out    [lineLength + 2]byte
	ready  []byte
	err    error
}

func (l *lines) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(l.ready) == 0 {
			if l.err != nil {
				break
			}
			l.next()
			continue
		}
		took := copy(p[n:], l.ready)
		l.ready, n = l.ready[took:], n+took
	}
	if n == 0 && len(p) > 0 {
		return 0, l.err
	}
	return n, nil
}

func (l *lines) next() {
	n, err := io.ReadFull(l.source, l.in[:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	l.err = err
	if n == 0 {
		return
	}
	base64.StdEncoding.Encode(l.out[:], l.in[:n])
	end := base64.StdEncoding.EncodedLen(n)
	l.ready = append(l.out[:end], '\r', '\n')
}

// spill takes bytes of any number and keeps few of them in memory.
type spill struct {
	memory []byte
	file   *os.File
	n      int64
}

func (s *spill) Write(p []byte) (int, error) {
	if s.file == nil && s.n+int64(len(p)) > spillFrom {
		file, err := os.CreateTemp("", "sandbox-*")
		if err != nil {
			return 0, err
		}
		_ = os.Remove(file.Name()) // gone with the process, however that ends
		if _, err := file.Write(s.memory); err != nil {
			return 0, err
		}
		s.file, s.memory = file, nil
	}
	s.n += int64(len(p))
	if s.file == nil {
		s.memory = append(s.memory, p...)
		return len(p), nil
	}
	return s.file.Write(p)
}

// text is what was written; nothing may be written after it.
func (s *spill) text() text {
	if s.file == nil {
		return inMemory(s.memory)
	}
	return text{{file: s.file, n: s.n}}
}
