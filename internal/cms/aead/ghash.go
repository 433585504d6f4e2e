package aead

import (
	"crypto/aes"
	"crypto/cipher"
)

// stretch is how much is hashed at once: enough that one multiplication of ours costs little beside what crypto/cipher does.
const stretch = 32 << 10

// ghash is GHASH (NIST SP 800-38D §6.4) over a content that comes in parts. Everything it gives out is a GHASH times H, for
// that is what crypto/cipher gives and what the tag wants; the package comment has the algebra.
type ghash struct {
	gmac  cipher.AEAD
	nonce [gcmNonceSize]byte // always zero. The tags made under it stay inside, where a nonce used twice gives nothing away
	tag   [TagSize]byte
	mask  element // of the tags under that nonce
	h     element
	shift element // h to the power of a stretch's blocks

	state element // of all stretches that are full
	total uint64  // octets so far
	held  []byte  // the beginning of the next stretch
}

func newGHASH(block cipher.Block, gmac cipher.AEAD) *ghash {
	g := &ghash{gmac: gmac, held: make([]byte, 0, stretch)}
	g.mask = encrypt(block, element{0, 1})
	g.h = encrypt(block, element{})
	g.shift = g.h.power(blocks(stretch))
	return g
}

func (g *ghash) write(ciphertext []byte) {
	g.total += uint64(len(ciphertext))
	for len(ciphertext) > 0 {
		n := min(len(ciphertext), stretch-len(g.held))
		g.held = append(g.held, ciphertext[:n]...)
		ciphertext = ciphertext[n:]
		if len(g.held) == stretch {
			g.state = g.state.times(g.shift).plus(g.times(g.held))
			g.held = g.held[:0]
		}
	}
}

// end is the GHASH of everything, times h. The last block is filled up with zeros, so nothing can follow.
func (g *ghash) end() element {
	if len(g.held) == 0 {
		return g.state
	}
	last := g.times(g.held)
	if g.total == uint64(len(g.held)) {
		return last
	}
	return g.state.times(g.h.power(blocks(uint64(len(g.held))))).plus(last)
}

// times is the GHASH of data alone, filled up to a whole block with zeros, times h.
func (g *ghash) times(data []byte) element {
	tag := g.gmac.Seal(g.tag[:0], g.nonce[:], nil, data)
	length := element{8 * uint64(len(data)), 0}
	return elementOf(tag).plus(g.mask).plus(length.times(g.h))
}

func blocks(octets uint64) uint64 { return (octets + aes.BlockSize - 1) / aes.BlockSize }
