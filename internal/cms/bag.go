package cms

import (
	"bytes"
	"crypto/x509"
)

// readCertificates parses the bag one by one: a certificate that we cannot read must not make the mail unreadable.
func (s *signedData) readCertificates(r *reader) error {
	bag, ok, err := r.optional(0xa0)
	if err != nil || !ok {
		return err
	}
	held, seen := 0, 0
	return r.each(bag, func(h header) error {
		if seen++; seen > maxCertificates || !h.is(idSequence) { // [0] to [3] are obsolete or attribute certificates
			s.Unreadable++
			return r.skip(h)
		}
		der, err := r.element(h, maxElement)
		if err != nil {
			return err
		}
		if held += len(der); held > maxHeld {
			return malformed("too many certificates")
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			s.Unreadable++
			return nil
		}
		s.Certificates = append(s.Certificates, c)
		return nil
	})
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
