package aead

import "encoding/binary"

// element is one of GF(2¹²⁸) as NIST SP 800-38D §6.3 writes it: the coefficient of x⁰ is the first bit of the first octet,
// so that it is the highest bit of high.
type element struct{ high, low uint64 }

func elementOf(octets []byte) element {
	return element{binary.BigEndian.Uint64(octets), binary.BigEndian.Uint64(octets[8:])}
}

func (e element) octets() (o [16]byte) {
	binary.BigEndian.PutUint64(o[:], e.high)
	binary.BigEndian.PutUint64(o[8:], e.low)
	return o
}

func (e element) plus(f element) element { return element{e.high ^ f.high, e.low ^ f.low} }

// times is the product (NIST SP 800-38D §6.3, algorithm 1). Both factors are secrets, so nothing here asks what a bit is:
// no branch, no table.
func (e element) times(f element) element {
	var product element
	for _, word := range [2]uint64{e.high, e.low} {
		for range 64 {
			take := -(word >> 63)
			word <<= 1
			product.high ^= f.high & take
			product.low ^= f.low & take
			f = f.timesX()
		}
	}
	return product
}

// timesX takes x¹²⁸ away as 1 + x + x² + x⁷.
func (e element) timesX() element {
	over := -(e.low & 1)
	return element{e.high>>1 ^ over&(0xe1<<56), e.high<<63 | e.low>>1}
}

// power raises e to n, which is a number of blocks and no secret.
func (e element) power(n uint64) element {
	product := element{high: 1 << 63}
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			product = product.times(e)
		}
		e = e.times(e)
	}
	return product
}
