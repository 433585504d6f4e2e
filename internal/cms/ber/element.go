package ber

import (
	"errors"
	"io"
	"slices"
)

// Element reads the whole element whose header was taken last and gives it as DER would write it: definite, minimal
// lengths, and octet strings in one piece. What was DER comes back unchanged, so digests and signatures still fit.
func (r *Reader) Element(h Header, limit int) ([]byte, error) {
	type opened struct {
		h     Header
		start int
		parts bool // a constructed OCTET STRING: its parts are joined
	}
	var out []byte
	var open []opened
	for {
		inParts := len(open) > 0 && open[len(open)-1].parts
		if inParts && !h.Is(IDOctets) && !h.Is(IDOctetsParts) {
			return nil, malformed("an octet string with a part that is none")
		}
		if h.Constructed() {
			if err := r.Enter(h); err != nil {
				return nil, err
			}
			open = append(open, opened{h, len(out), h.Is(IDOctetsParts)})
		} else {
			if !inParts {
				out = AppendHeader(out, h, int(min(h.Length, int64(limit))))
			}
			if h.Length > int64(limit-len(out)) {
				return nil, malformed("an element is larger than allowed")
			}
			end := len(out)
			out = slices.Grow(out, int(h.Length))[:end+int(h.Length)]
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
			if h, err = r.Next(); err == nil {
				break
			}
			if !errors.Is(err, ErrEnd) {
				return nil, err
			}
			done := open[len(open)-1]
			open = open[:len(open)-1]
			r.pop()
			if done.parts {
				if len(open) > 0 && open[len(open)-1].parts {
					continue
				}
				done.h.ID = IDOctets
			}
			head := AppendHeader(nil, done.h, len(out)-done.start)
			if len(out)+len(head) > limit {
				return nil, malformed("an element is larger than allowed")
			}
			out = slices.Insert(out, done.start, head...)
		}
	}
}

// AppendHeader writes an identifier and the shortest definite length (X.690 §10.1).
func AppendHeader(b []byte, h Header, length int) []byte {
	b = append(append(b, h.ID), h.high...)
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
