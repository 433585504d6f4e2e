package aead

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// MaxAESGCM is the longest content in octets: 2³²-2 blocks (NIST SP 800-38D §5.2.1.1).
	MaxAESGCM = 1<<36 - 32

	gcmNonceSize   = 12
	gcmShortestTag = 12 // RFC 5084 §3.2: AES-GCM-ICVlen
)

// NewAESGCM is AES-GCM with a key of 16, 24 or 32 octets. A nonce to seal with has 12 octets, as RFC 5084 §3.2 recommends;
// one to open with may have any other length that the RFC allows too.
func NewAESGCM(direction Direction, key, nonce []byte) (*Stream, error) {
	if len(nonce) == 0 || direction == Seal && len(nonce) != gcmNonceSize {
		return nil, errors.New("aead: the nonce has a wrong length for AES-GCM")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("aead: %w", err)
	}
	gmac, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("aead: %w", err)
	}
	hash := newGHASH(block, gmac)
	first := hash.counterBlock(nonce)
	tagMask := encrypt(block, first)
	return &Stream{
		direction:   direction,
		keystream:   newCounter(block, first),
		mac:         &gcmMAC{ghash: hash, mask: tagMask},
		left:        MaxAESGCM,
		shortestTag: gcmShortestTag,
	}, nil
}

// gcmMAC is the tag of NIST SP 800-38D §7.1: GHASH over attributes, content and their lengths, under a mask.
type gcmMAC struct {
	*ghash
	mask element
}

func (m *gcmMAC) sum(attributes []byte) ([TagSize]byte, error) {
	content := m.total
	y := m.end()
	if len(attributes) > 0 {
		y = y.plus(m.times(attributes).times(m.h.power(blocks(content))))
	}
	lengths := element{8 * uint64(len(attributes)), 8 * content}
	return y.plus(lengths.times(m.h)).plus(m.mask).octets(), nil
}

// counterBlock is J₀ of NIST SP 800-38D §7.1. It is made from a long or short nonce before any content is hashed.
func (g *ghash) counterBlock(nonce []byte) element {
	if len(nonce) == gcmNonceSize {
		return elementOf(append(nonce[:gcmNonceSize:gcmNonceSize], 0, 0, 0, 1))
	}
	length := element{0, 8 * uint64(len(nonce))}
	return g.times(nonce).plus(length.times(g.h))
}

func encrypt(block cipher.Block, e element) element {
	octets := e.octets()
	block.Encrypt(octets[:], octets[:])
	return elementOf(octets[:])
}

// counter is GCTR of NIST SP 800-38D §6.5, beginning behind the block that masks the tag. Its last 32 bits wrap where
// cipher.NewCTR carries into the bits before them; after a nonce of 12 octets the content ends before that.
type counter struct {
	cipher.Stream
	block  cipher.Block
	zero   [aes.BlockSize]byte // the counter block in which the last 32 bits have wrapped
	toWrap uint64              // octets
}

func newCounter(block cipher.Block, first element) *counter {
	c := &counter{block: block, zero: first.octets()}
	at := binary.BigEndian.Uint32(c.zero[12:]) + 1
	c.start(at)
	return c
}

func (c *counter) start(at uint32) {
	binary.BigEndian.PutUint32(c.zero[12:], at)
	c.Stream = cipher.NewCTR(c.block, c.zero[:])
	c.toWrap = aes.BlockSize * (1<<32 - uint64(at))
}

func (c *counter) XORKeyStream(dst, src []byte) {
	if uint64(len(src)) > c.toWrap {
		n := c.toWrap
		c.Stream.XORKeyStream(dst[:n], src[:n])
		dst, src = dst[n:], src[n:]
		c.start(0)
	}
	c.Stream.XORKeyStream(dst, src)
	c.toWrap -= uint64(len(src))
}
