package cms

import (
	"errors"
	"io"
	"slices"
)

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
