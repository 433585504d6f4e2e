package ber

import (
	"bufio"
	"errors"
	"io"
	"math"
	"slices"
)

// Reader walks over BER (X.690 §8) as it streams in: one element at a time, with an explicit stack instead of recursion,
// and never looking further ahead than one identifier and length. The end of an indefinite length is found by walking,
// not by searching for 00 00.
type Reader struct {
	src   *bufio.Reader
	off   int64
	stack []frame

	peeked  bool
	ahead   Header
	nextErr error
}

// frame is a constructed element that has been entered.
type frame struct {
	end        int64 // offset behind it, or as far as the outer frame goes where the length is indefinite
	indefinite bool
	ended      bool // its end-of-contents octets have been read
}

// Header is the identifier and length of one element.
type Header struct {
	ID     byte   // first identifier octet: class, constructed bit and low tag number
	high   []byte // the rest of a high tag number
	Length int64  // indefinite where negative
}

// Constructed reports whether the element holds elements.
func (h Header) Constructed() bool { return h.ID&0x20 != 0 }

// Is reports whether the identifier is this one octet.
func (h Header) Is(id byte) bool { return h.ID == id && h.high == nil }

// Identifier octets of the universal types that CMS is made of.
const (
	IDInteger     = 0x02
	IDOctets      = 0x04
	IDOctetsParts = 0x24
	IDOID         = 0x06
	IDSequence    = 0x30
	IDSet         = 0x31
)

// ErrEnd says that the entered element has no more elements; the caller goes on behind it.
var ErrEnd = errors.New("ber: end of element")

// NewReader starts at the first element of src.
func NewReader(src io.Reader) *Reader {
	return &Reader{
		src:   bufio.NewReaderSize(src, 32<<10),
		stack: append(make([]frame, 0, maxDepth+1), frame{end: math.MaxInt64}),
	}
}

// Offset is how many bytes have been taken in.
func (r *Reader) Offset() int64 { return r.off }

// Depth is how many elements have been entered.
func (r *Reader) Depth() int { return len(r.stack) - 1 }

func (r *Reader) top() *frame { return &r.stack[len(r.stack)-1] }

// Peek is the next element's Header, which stays to be taken; ErrEnd where there is none.
func (r *Reader) Peek() (Header, error) {
	if !r.peeked {
		r.ahead, r.nextErr = r.readHeader()
		r.peeked = true
	}
	return r.ahead, r.nextErr
}

// Next takes the next element's header; ErrEnd where there is none.
func (r *Reader) Next() (Header, error) {
	h, err := r.Peek()
	r.peeked = false
	return h, err
}

// Expect takes the next element, which must have one of these identifiers.
func (r *Reader) Expect(ids ...byte) (Header, error) {
	h, err := r.Next()
	if errors.Is(err, ErrEnd) || (err == nil && !slices.ContainsFunc(ids, h.Is)) {
		return h, malformed("an element is missing or of another type than expected")
	}
	return h, err
}

func (r *Reader) readHeader() (Header, error) {
	top := r.top()
	if top.ended || (!top.indefinite && r.off == top.end) {
		return Header{}, ErrEnd
	}
	id, err := r.readByte()
	if err != nil {
		return Header{}, err
	}
	h := Header{ID: id}
	if id&0x1f == 0x1f { // X.690 §8.1.2.4; four octets are 28 bits of tag number, more than any standard uses
		for more := true; more; {
			b, err := r.readByte()
			if err != nil {
				return Header{}, err
			}
			if h.high = append(h.high, b); len(h.high) > 4 {
				return Header{}, malformed("tag number too large")
			}
			more = b&0x80 != 0
		}
	}
	if h.Length, err = r.readLength(); err != nil {
		return Header{}, err
	}
	switch {
	case id == 0: // end-of-contents, X.690 §8.1.5
		if !top.indefinite || h.Length != 0 {
			return Header{}, malformed("end-of-contents where none can be")
		}
		top.ended = true
		return Header{}, ErrEnd
	case h.Length < 0 && !h.Constructed():
		return Header{}, malformed("indefinite length of a primitive element")
	case h.Length > top.end-r.off:
		return Header{}, malformed("an element is longer than the one around it")
	}
	return h, nil
}

func (r *Reader) readLength() (int64, error) {
	b, err := r.readByte()
	if err != nil || b < 0x80 {
		return int64(b), err
	}
	if b == 0x80 {
		return -1, nil
	}
	if b > 0x88 {
		return 0, malformed("length too long")
	}
	var n uint64
	for range b & 0x7f {
		if b, err = r.readByte(); err != nil {
			return 0, err
		}
		n = n<<8 | uint64(b)
	}
	if n > math.MaxInt64/2 {
		return 0, malformed("length too long")
	}
	return int64(n), nil
}

func (r *Reader) readByte() (byte, error) {
	if r.off >= r.top().end {
		return 0, malformed("an element is longer than the one around it")
	}
	b, err := r.src.ReadByte()
	if err != nil {
		return 0, cutShort(err)
	}
	r.off++
	return b, nil
}

// cutShort tells a message that stops too early from a source that fails.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("the message stops too early")
	}
	return err
}

// Enter goes into the element whose header was taken last.
func (r *Reader) Enter(h Header) error {
	if !h.Constructed() {
		return malformed("a primitive element where a constructed one belongs")
	}
	if len(r.stack) > maxDepth {
		return malformed("nested too deeply")
	}
	f := frame{end: r.off + h.Length}
	if h.Length < 0 {
		f = frame{end: r.top().end, indefinite: true}
	}
	r.stack = append(r.stack, f)
	return nil
}

// Into takes and enters the next element.
func (r *Reader) Into(id byte) error {
	h, err := r.Expect(id)
	if err != nil {
		return err
	}
	return r.Enter(h)
}

// Leave goes out of the entered element, over whatever is left in it.
func (r *Reader) Leave() error {
	for {
		h, err := r.Next()
		if errors.Is(err, ErrEnd) {
			r.pop()
			return nil
		}
		if err == nil {
			err = r.Skip(h)
		}
		if err != nil {
			return err
		}
	}
}

func (r *Reader) pop() { r.stack = r.stack[:len(r.stack)-1] }

// Skip goes over the content of the element whose header was taken last.
func (r *Reader) Skip(h Header) error {
	floor := len(r.stack)
	for {
		if h.Length >= 0 {
			if err := r.discard(h.Length); err != nil {
				return err
			}
		} else if err := r.Enter(h); err != nil {
			return err
		}
		for {
			if len(r.stack) == floor {
				return nil
			}
			var err error
			if h, err = r.Next(); err == nil {
				break
			}
			if !errors.Is(err, ErrEnd) {
				return err
			}
			r.pop()
		}
	}
}

func (r *Reader) discard(n int64) error {
	m, err := io.CopyN(io.Discard, r.src, n)
	r.off += m
	if err != nil {
		return cutShort(err)
	}
	return nil
}
