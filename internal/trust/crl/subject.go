package crl

import (
	"crypto/x509"
	"fmt"
	"slices"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

// subject is a certificate as a list sees it.
type subject struct {
	issuer      string // Key of its name
	serial      string
	authority   bool
	points      []point.Point
	unpublished bool // it names no point
}

func subjectOf(certificate *x509.Certificate) (subject, error) {
	points, err := point.Of(certificate)
	if err != nil {
		return subject{}, fmt.Errorf("reading where the list lies: %w", err)
	}
	issuer, err := point.Key(certificate.RawIssuer)
	if err != nil {
		return subject{}, fmt.Errorf("reading the certificate's issuer: %w", err)
	}
	unpublished := len(points) == 0
	if unpublished {
		// RFC 5280 section 6.3.3, last paragraph: a list of the issuer's own, about everything, needs no point.
		points = []point.Point{{Reasons: point.All}}
	}
	return subject{
		issuer: issuer, serial: key(certificate.SerialNumber), authority: certificate.IsCA, points: points, unpublished: unpublished,
	}, nil
}

// covered is the reasons for which the list says whether the certificate has been revoked; 0 is that it says nothing of it.
// address is where it lay, "" where that is not known.
//
// It follows RFC 5280 section 6.3.3 (b)(2) and (d). A list that bears a name is the list of the point with that name, wherever
// it was fetched: a mirror may be a point of its own, and its copy bears the first one's name. A list without a name is that
// of the point where it lay, or two points for some reasons each could both be answered by the list of one.
func (s subject) covered(list *List, address string) point.Reasons {
	if list.scope.Attributes || list.scope.Users && s.authority || list.scope.Authorities && !s.authority {
		return 0
	}
	var reasons point.Reasons
	for _, at := range s.points {
		meant := address == "" || !list.scope.Names.Empty() || slices.Contains(at.Names.Addresses, address)
		if meant && at.Fits(list.scope, list.signer, s.issuer) {
			reasons |= at.Reasons & list.scope.Reasons
		}
	}
	return reasons
}
