package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"

	"aau.dk/sendsikker/internal/cms/ber"
)

// readCertificates parses the bag one by one: a certificate that we cannot read must not make the mail unreadable.
func (s *signedData) readCertificates(r *ber.Reader) error {
	bag, ok, err := r.Optional(0xa0)
	if err != nil || !ok {
		return err
	}
	held, seen := 0, 0
	return r.Each(bag, func(h ber.Header) error {
		if seen++; seen > maxCertificates || !h.Is(ber.IDSequence) { // [0] to [3] are obsolete or attribute certificates
			s.Unreadable++
			return r.Skip(h)
		}
		der, err := r.Element(h, maxElement)
		if err != nil {
			return err
		}
		if held += len(der); held > maxHeld {
			return malformed("too many certificates")
		}
		c, err := x509.ParseCertificate(der)
		if err != nil || tooLarge(c.PublicKey) {
			s.Unreadable++
			return nil //nolint:nilerr // one odd certificate in the bag must not make the mail unreadable
		}
		s.Certificates = append(s.Certificates, c)
		return nil
	})
}

// tooLarge is for keys that make one look at a signature take seconds: crypto/x509 reads a modulus of any length, and
// whoever builds a path over these certificates checks up to a hundred signatures with them.
func tooLarge(public crypto.PublicKey) bool {
	key, isRSA := public.(*rsa.PublicKey)
	return isRSA && key.N.BitLen() > maxStrangersBits
}

// named is the certificates that id may mean.
func (s *Signed) named(id identifier) []*x509.Certificate {
	var found []*x509.Certificate
	for _, c := range s.Certificates {
		if id.names(c) && (len(found) == 0 || !bytes.Equal(found[len(found)-1].Raw, c.Raw)) {
			found = append(found, c)
		}
	}
	return found
}
