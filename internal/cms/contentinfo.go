package cms

import (
	"encoding/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

// contentInfo reads the start of ContentInfo (RFC 5652 §3) and goes into the content's own SEQUENCE.
func contentInfo(r *ber.Reader) (asn1.ObjectIdentifier, error) {
	if err := r.Into(ber.IDSequence); err != nil {
		return nil, err
	}
	oid, err := r.OID()
	if err != nil {
		return nil, err
	}
	if err := r.Into(0xa0); err != nil {
		return nil, err
	}
	return oid, r.Into(ber.IDSequence)
}

func algorithmFrom(r *ber.Reader) (algorithm, error) {
	s, err := r.DER(ber.IDSequence, ber.SmallElement)
	if err != nil {
		return algorithm{}, err
	}
	a, ok := readAlgorithm(&s)
	if !ok {
		return a, malformed("algorithm identifier")
	}
	return a, nil
}
