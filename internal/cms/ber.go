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
	next1   header
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
		r.next1, r.nextErr = r.readHeader()
		r.peeked = true
	}
	return r.next1, r.nextErr
}

func (r *reader) next() (header, error) {
	h, err := r.peek()
	r.peeked = false
	return h, err
}

// expect takes the next element, which must have this identifier.
func (r *reader) expect(id byte) (header, error) {
	h, err := r.next()
	if errors.Is(err, errEnd) || (err == nil && !h.is(id)) {
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

// element reads the whole element whose header was taken last and gives it as DER would write it: definite, minimal
// lengths, and octet strings in one piece. What was DER comes back unchanged, so digests and signatures still fit.
func (r *reader) element(h header, limit int) ([]byte, error) {
	type opened struct {
		h     header
		start int
		parts bool // a constructed OCTET STRING: its parts are joined
	}
	var out []byte
	var open []opened
	for {
		inParts := len(open) > 0 && open[len(open)-1].parts
		if inParts && !h.is(idOctets) && !h.is(idOctetsParts) {
			return nil, malformed("an octet string with a part that is none")
		}
		if h.constructed() {
			if err := r.enter(h); err != nil {
				return nil, err
			}
			open = append(open, opened{h, len(out), h.is(idOctetsParts)})
		} else {
			if !inParts {
				out = appendHeader(out, h, int(min(h.length, int64(limit))))
			}
			if h.length > int64(limit-len(out)) {
				return nil, malformed("an element is larger than allowed")
			}
			end := len(out)
			out = slices.Grow(out, int(h.length))[:end+int(h.length)]
			n, err := io.ReadFull(r.src, out[end:])
			r.off += int64(n)
			if err != nil {
				return nil, cutShort(err)
			}
		}
		for {
			if len(open) == 0 {
				return out, nil
			}
			var err error
			if h, err = r.next(); err == nil {
				break
			}
			if !errors.Is(err, errEnd) {
				return nil, err
			}
			done := open[len(open)-1]
			open = open[:len(open)-1]
			r.pop()
			if done.parts {
				if len(open) > 0 && open[len(open)-1].parts {
					continue
				}
				done.h.id = idOctets
			}
			head := appendHeader(nil, done.h, len(out)-done.start)
			if len(out)+len(head) > limit {
				return nil, malformed("an element is larger than allowed")
			}
			out = slices.Insert(out, done.start, head...)
		}
	}
}

// appendHeader writes an identifier and the shortest definite length (X.690 §10.1).
func appendHeader(b []byte, h header, length int) []byte {
	b = append(append(b, h.id), h.high...)
	if length < 0x80 {
		return append(b, byte(length))
	}
	octets := 1
	for l := length; l > 0xff; l >>= 8 {
		octets++
	}
	b = append(b, 0x80|byte(octets))
	for i := octets - 1; i >= 0; i-- {
		b = append(b, byte(length>>(8*i)))
	}
	return b
}
