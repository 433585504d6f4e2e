package cms

import (
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
)

// smallElement is room for a version, an object identifier or an AlgorithmIdentifier.
const smallElement = 4 << 10

// contentInfo reads the start of ContentInfo (RFC 5652 §3) and goes into the content's own SEQUENCE.
func (r *reader) contentInfo() (asn1.ObjectIdentifier, error) {
	if err := r.into(idSequence); err != nil {
		return nil, err
	}
	oid, err := r.oid()
	if err != nil {
		return nil, err
	}
	if err := r.into(0xa0); err != nil {
		return nil, err
	}
	return oid, r.into(idSequence)
}

// finish goes out of everything that was entered. It fails where the message stops too early. What stands behind the
// message is left alone: some mailers append line ends.
func (r *reader) finish() error {
	for len(r.stack) > 1 {
		if err := r.leave(); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) der(id byte, limit int) (cryptobyte.String, error) {
	h, err := r.expect(id)
	if err != nil {
		return nil, err
	}
	return r.element(h, limit)
}

func (r *reader) oid() (asn1.ObjectIdentifier, error) {
	s, err := r.der(idOID, smallElement)
	if err != nil {
		return nil, err
	}
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1ObjectIdentifier(&oid) {
		return nil, malformed("object identifier")
	}
	return oid, nil
}

func (r *reader) algorithm() (algorithm, error) {
	s, err := r.der(idSequence, smallElement)
	if err != nil {
		return algorithm{}, err
	}
	a, ok := readAlgorithm(&s)
	if !ok {
		return a, malformed("algorithm identifier")
	}
	return a, nil
}

// optional takes the next element's header where it has this identifier.
func (r *reader) optional(id byte) (header, bool, error) {
	h, err := r.peek()
	if errors.Is(err, errEnd) {
		return h, false, nil
	}
	if err != nil || !h.is(id) {
		return h, false, err
	}
	r.peeked = false
	return h, true, nil
}

// skipOptional goes over the next element where it has this identifier.
func (r *reader) skipOptional(id byte) error {
	h, ok, err := r.optional(id)
	if err != nil || !ok {
		return err
	}
	return r.skip(h)
}

// each goes into the element whose header was taken last and gives every element in it to do, which must take it in whole.
func (r *reader) each(h header, do func(header) error) error {
	if err := r.enter(h); err != nil {
		return err
	}
	for {
		h, err := r.next()
		if errors.Is(err, errEnd) {
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
