package ber

import (
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
)

// SmallElement is room for a version, an object identifier or an AlgorithmIdentifier.
const SmallElement = 4 << 10

// Finish goes out of everything that was entered. It fails where the message stops too early. What stands behind the
// message is left alone: some mailers append line ends.
func (r *Reader) Finish() error {
	for len(r.stack) > 1 {
		if err := r.Leave(); err != nil {
			return err
		}
	}
	return nil
}

// DER takes the next element, which must have this identifier, whole and as DER.
func (r *Reader) DER(id byte, limit int) (cryptobyte.String, error) {
	h, err := r.Expect(id)
	if err != nil {
		return nil, err
	}
	return r.Element(h, limit)
}

// OID takes the next element, an OBJECT IDENTIFIER.
func (r *Reader) OID() (asn1.ObjectIdentifier, error) {
	s, err := r.DER(IDOID, SmallElement)
	if err != nil {
		return nil, err
	}
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1ObjectIdentifier(&oid) {
		return nil, malformed("object identifier")
	}
	return oid, nil
}

// Optional takes the next element's header where it has this identifier.
func (r *Reader) Optional(id byte) (Header, bool, error) {
	h, err := r.Peek()
	if errors.Is(err, ErrEnd) {
		return h, false, nil
	}
	if err != nil || !h.Is(id) {
		return h, false, err
	}
	r.peeked = false
	return h, true, nil
}

// SkipOptional goes over the next element where it has this identifier.
func (r *Reader) SkipOptional(id byte) error {
	h, ok, err := r.Optional(id)
	if err != nil || !ok {
		return err
	}
	return r.Skip(h)
}

// Each goes into the element whose header was taken last and gives every element in it to do, which must take it in whole.
func (r *Reader) Each(h Header, do func(Header) error) error {
	if err := r.Enter(h); err != nil {
		return err
	}
	for {
		h, err := r.Next()
		if errors.Is(err, ErrEnd) {
			r.pop()
			return nil
		}
		if err == nil {
			err = do(h)
		}
		if err != nil {
			return err
		}
	}
}
