package ber

import (
	"errors"
	"io"
)

// Octets reads the content of one OCTET STRING, in one piece or in parts that may be nested (X.690 §8.7), as it streams
// in. The reader must not be used for anything else until it has given io.EOF.
type Octets struct {
	r     *Reader
	floor int
	left  int64 // of the part being read
}

// Octets starts on the element whose header was taken last. Its own identifier may be implicit: the caller has checked it.
func (r *Reader) Octets(h Header) (*Octets, error) {
	o := &Octets{r: r, floor: len(r.stack)}
	if h.Constructed() {
		return o, r.Enter(h)
	}
	o.left = h.Length
	return o, nil
}

func (o *Octets) Read(p []byte) (int, error) {
	for o.left == 0 {
		if len(o.r.stack) == o.floor {
			return 0, io.EOF
		}
		h, err := o.r.Next()
		switch {
		case errors.Is(err, ErrEnd):
			o.r.pop()
		case err != nil:
			return 0, err
		case h.Is(IDOctets):
			o.left = h.Length
		case h.Is(IDOctetsParts):
			if err := o.r.Enter(h); err != nil {
				return 0, err
			}
		default:
			return 0, malformed("an octet string with a part that is none")
		}
	}
	if int64(len(p)) > o.left {
		p = p[:o.left]
	}
	n, err := o.r.src.Read(p)
	o.left -= int64(n)
	o.r.off += int64(n)
	if err != nil {
		return n, cutShort(err)
	}
	return n, nil
}
