package aead

import (
	"crypto/cipher"
	"crypto/subtle"
	"errors"
)

// TagSize is the length of a whole tag in octets.
const TagSize = 16

// Direction is which way a Stream goes.
type Direction bool

const (
	Seal Direction = false // content in, ciphertext out
	Open Direction = true  // ciphertext in, content out
)

var (
	// ErrTag: this is not what was sealed with this key, nonce and these attributes.
	ErrTag = errors.New("aead: the tag does not fit")
	// ErrTooLong: more content than the cipher may be used for with one key and nonce.
	ErrTooLong = errors.New("aead: the content is too long for the cipher")
	// ErrAttributes: attributes came behind the content, and the cipher wants them before it.
	ErrAttributes = errors.New("aead: the cipher wants the attributes before the content")

	errEnded = errors.New("aead: used after its tag was taken")
)

// mac authenticates ciphertext as it passes. sum ends it.
type mac interface {
	write(ciphertext []byte)
	sum(attributes []byte) ([TagSize]byte, error)
}

// Stream seals or opens one message. It is not for concurrent use.
type Stream struct {
	direction   Direction
	keystream   cipher.Stream
	mac         mac
	left        uint64 // octets that may still come
	shortestTag int
	err         error
}

// piece is how much goes through the keystream and then the mac, or the other way round: little enough that the second
// finds it in the processor's first-level cache.
const piece = 8 << 10

// Crypt encrypts or decrypts the next part of the message, of any length, from src into as many octets of dst. The two overlap
// wholly or not at all, and dst is not shorter than src, or Crypt panics as cipher.Stream does. Nothing is written to dst where
// an error is returned, and the Stream cannot be used further.
//
// When opening, what is in dst is an attacker's to choose until Verify has said otherwise.
func (s *Stream) Crypt(dst, src []byte) error {
	if s.err == nil && uint64(len(src)) > s.left {
		s.err = ErrTooLong
	}
	if s.err != nil {
		return s.err
	}
	s.left -= uint64(len(src))
	for len(src) > 0 {
		n := min(len(src), piece)
		if s.direction == Open {
			s.mac.write(src[:n]) // before dst, which may be the same memory, is written
		}
		s.keystream.XORKeyStream(dst[:n], src[:n])
		if s.direction == Seal {
			s.mac.write(dst[:n])
		}
		dst, src = dst[n:], src[n:]
	}
	return nil
}

// Tag ends the message and gives its tag. The attributes are what GCM calls additional authenticated data, empty where there
// are none: in CMS the DER of authAttrs with the tag of a SET OF (RFC 5083 §2.2).
func (s *Stream) Tag(attributes []byte) ([TagSize]byte, error) {
	if s.err != nil {
		return [TagSize]byte{}, s.err
	}
	s.err = errEnded
	return s.mac.sum(attributes)
}

// Verify ends the message and gives ErrTag where the tag is not its own, in a time that does not depend on where they
// differ. A tag of GCM may be cut down to 12 octets (RFC 5084 §3.2); that it is as long as aes-ICVlen says is for the caller
// to see to, or an attacker would choose the length.
//
// A Stream that seals verifies as well: sealing the content again is the second look at a message whose attributes came too
// late for its cipher.
func (s *Stream) Verify(tag, attributes []byte) error {
	want, err := s.Tag(attributes)
	if err != nil {
		return err
	}
	if len(tag) < s.shortestTag || len(tag) > TagSize || subtle.ConstantTimeCompare(want[:len(tag)], tag) != 1 {
		return ErrTag
	}
	return nil
}
