package shelf

import (
	"context"
	"crypto/x509"

	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// decisions are what administrators have said of certificates, by fingerprint: those that they tied to one subject.
type decisions map[string]store.Certificate

// decided reads them.
func (s *Shelf) decided(ctx context.Context, key string) (decisions, error) {
	used := false
	rows, err := s.Store.ListCertificates(ctx, store.CertificateQuery{Subject: key, Pending: &used, Limit: MaxPage})
	if err != nil {
		return nil, unavailable(err)
	}
	d := decisions{}
	for _, row := range rows {
		if row.Bound {
			d[row.Fingerprint] = row
		}
	}
	return d, nil
}

// of is the subject with what was said of its certificate.
func (d decisions) of(subject trust.Subject) trust.Subject {
	if row, is := d[trust.Fingerprint(subject.Certificate)]; is {
		subject.Bound, subject.Vouched = row.Bound, row.Vouched
	}
	return subject
}

func (d decisions) has(certificate *x509.Certificate) bool {
	_, is := d[trust.Fingerprint(certificate)]
	return is
}
