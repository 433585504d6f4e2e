package cms

import (
	"bufio"
	"errors"
	"io"
	"math"
	"slices"
)

// reader walks over BER (X.690 §8) as it streams in: one element at a time, with an explicit stack instead of recursion,
// and never looking further ahead than one identifier and length. The end of an indefinite length is found by walking,
// not by searching for 00 00.
type reader struct {
	src   *bufio.Reader
	off   int64
	stack []frame

	peeked  bool
	ahead   header
	nextErr error
}

// frame is a constructed element that has been entered.
type frame struct {
	end        int64 // offset behind it, or as far as the outer frame goes where the length is indefinite
	indefinite bool
	ended      bool // its end-of-contents octets have been read
}

// header is the identifier and length of one element.
type header struct {
	id     byte   // first identifier octet: class, constructed bit and low tag number
	high   []byte // the rest of a high tag number
	length int64  // indefinite where negative
}

func (h header) constructed() bool { return h.id&0x20 != 0 }
func (h header) is(id byte) bool   { return h.id == id && h.high == nil }

const (
	idInteger     = 0x02
	idOctets      = 0x04
	idOctetsParts = 0x24
	idOID         = 0x06
	idSequence    = 0x30
	idSet         = 0x31
)

// errEnd says that the entered element has no more elements; it never leaves the package.
var errEnd = errors.New("cms: end of element")

func newReader(src io.Reader) *reader {
	return &reader{
		src:   bufio.NewReaderSize(src, 32<<10),
		stack: append(make([]frame, 0, maxDepth+1), frame{end: math.MaxInt64}),
	}
}

func (r *reader) top() *frame { return &r.stack[len(r.stack)-1] }

// peek is the next element's header, which stays to be taken; errEnd where there is none.
func (r *reader) peek() (header, error) {
	if !r.peeked {
		r.ahead, r.nextErr = r.readHeader()
		r.peeked = true
	}
	return r.ahead, r.nextErr
}

func (r *reader) next() (header, error) {
	h, err := r.peek()
	r.peeked = false
	return h, err
}

// expect takes the next element, which must have one of these identifiers.
func (r *reader) expect(ids ...byte) (header, error) {
	h, err := r.next()
	if errors.Is(err, errEnd) || (err == nil && !slices.ContainsFunc(ids, h.is)) {
		return h, malformed("an element is missing or of another type than expected")
	}
	return h, err
}

func (r *reader) readHeader() (header, error) {
	top := r.top()
	if top.ended || (!top.indefinite && r.off == top.end) {
		return header{}, errEnd
	}
	id, err := r.readByte()
	if err != nil {
		return header{}, err
	}
	h := header{id: id}
	if id&0x1f == 0x1f { // X.690 §8.1.2.4; four octets are 28 bits of tag number, more than any standard uses
		for more := true; more; {
			b, err := r.readByte()
			if err != nil {
				return header{}, err
			}
			if h.high = append(h.high, b); len(h.high) > 4 {
				return header{}, malformed("tag number too large")
			}
			more = b&0x80 != 0
		}
	}
	if h.length, err = r.readLength(); err != nil {
		return header{}, err
	}
	switch {
	case id == 0: // end-of-contents, X.690 §8.1.5
		if !top.indefinite || h.length != 0 {
			return header{}, malformed("end-of-contents where none can be")
		}
		top.ended = true
		return header{}, errEnd
	case h.length < 0 && !h.constructed():
		return header{}, malformed("indefinite length of a primitive element")
	case h.length > top.end-r.off:
		return header{}, malformed("an element is longer than the one around it")
	}
	return h, nil
}

func (r *reader) readLength() (int64, error) {
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

func (r *reader) readByte() (byte, error) {
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

// enter goes into the element whose header was taken last.
func (r *reader) enter(h header) error {
	if !h.constructed() {
		return malformed("a primitive element where a constructed one belongs")
	}
	if len(r.stack) > maxDepth {
		return malformed("nested too deeply")
	}
	f := frame{end: r.off + h.length}
	if h.length < 0 {
		f = frame{end: r.top().end, indefinite: true}
	}
	r.stack = append(r.stack, f)
	return nil
}

// into takes and enters the next element.
func (r *reader) into(id byte) error {
	h, err := r.expect(id)
	if err != nil {
		return err
	}
	return r.enter(h)
}

// leave goes out of the entered element, over whatever is left in it.
func (r *reader) leave() error {
	for {
		h, err := r.next()
		if errors.Is(err, errEnd) {
			r.pop()
			return nil
		}
		if err == nil {
			err = r.skip(h)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) pop() { r.stack = r.stack[:len(r.stack)-1] }

// skip goes over the content of the element whose header was taken last.
func (r *reader) skip(h header) error {
	floor := len(r.stack)
	for {
		if h.length >= 0 {
			if err := r.discard(h.length); err != nil {
				return err
			}
		} else if err := r.enter(h); err != nil {
			return err
		}
		for {
			if len(r.stack) == floor {
				return nil
			}
			var err error
			if h, err = r.next(); err == nil {
				break
			}
			if !errors.Is(err, errEnd) {
				return err
			}
			r.pop()
		}
	}
}

func (r *reader) discard(n int64) error {
	m, err := io.CopyN(io.Discard, r.src, n)
	r.off += m
	if err != nil {
		return cutShort(err)
	}
	return nil
}
