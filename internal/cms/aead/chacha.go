package aead

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/poly1305" //nolint:staticcheck // deprecated for being a part and not a whole cipher; we are the whole
)

// MaxChaCha20Poly1305 is the longest content in octets: 2³²-1 blocks (RFC 8439 §2.8).
const MaxChaCha20Poly1305 = 1<<38 - 64

// NewChaCha20Poly1305 is ChaCha20-Poly1305 (RFC 8439, and RFC 8103 for CMS) with a key of 32 and a nonce of 12 octets. Poly1305
// has no way to put attributes in front of a content that has passed: they are given here, and Tag and Verify take none.
func NewChaCha20Poly1305(direction Direction, key, nonce, attributes []byte) (*Stream, error) {
	if len(nonce) != chacha20.NonceSize { // the library makes XChaCha20 out of 24, which is another cipher
		return nil, errors.New("aead: the nonce has a wrong length for ChaCha20-Poly1305")
	}
	keystream, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		return nil, fmt.Errorf("aead: %w", err)
	}
	var once [32]byte // RFC 8439 §2.6: the one-time key is the beginning of block 0, and the content starts with block 1
	keystream.XORKeyStream(once[:], once[:])
	keystream.SetCounter(1)
	m := &polyMAC{poly: poly1305.New(&once), attributes: uint64(len(attributes))}
	m.add(attributes)
	m.fill(m.attributes)
	return &Stream{
		direction:   direction,
		keystream:   keystream,
		mac:         m,
		left:        MaxChaCha20Poly1305,
		shortestTag: TagSize,
	}, nil
}

// polyMAC lays the message out for Poly1305: attributes, content, and their lengths (RFC 8439 §2.8).
type polyMAC struct {
	poly                *poly1305.MAC
	attributes, content uint64
}

func (m *polyMAC) add(octets []byte) { _, _ = m.poly.Write(octets) } // which never fails

func (m *polyMAC) write(ciphertext []byte) {
	m.content += uint64(len(ciphertext))
	m.add(ciphertext)
}

func (m *polyMAC) sum(attributes []byte) (tag [TagSize]byte, err error) {
	if len(attributes) > 0 {
		return tag, ErrAttributes
	}
	m.fill(m.content)
	var lengths [16]byte
	binary.LittleEndian.PutUint64(lengths[:], m.attributes)
	binary.LittleEndian.PutUint64(lengths[8:], m.content)
	m.add(lengths[:])
	m.poly.Sum(tag[:0])
	return tag, nil
}

// fill ends a field of so many octets with zeros up to a multiple of 16.
func (m *polyMAC) fill(octets uint64) {
	var zeros [16]byte
	m.add(zeros[:-octets%16])
}
