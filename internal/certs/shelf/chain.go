package shelf

import (
	"bytes"
	"crypto/x509"
	"slices"

	"aau.dk/sendsikker/internal/trust"
)

// ahead is the bag with those first along which the certificate was found good: others may bear the same name and key, for anybody
// can certify anybody's.
func ahead(path []string, bag []*x509.Certificate) []*x509.Certificate {
	bag = slices.Clone(bag)
	slices.SortStableFunc(bag, func(a, b *x509.Certificate) int {
		aside := func(c *x509.Certificate) int {
			if slices.Contains(path, trust.Fingerprint(c)) {
				return 0
			}
			return 1
		}
		return aside(a) - aside(b)
	})
	return bag
}

// authorities are those of the bag that could be the certificate's issuers, nearest first.
func authorities(c *x509.Certificate, bag []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for below := c; len(chain) < maxIssuers && !bytes.Equal(below.RawIssuer, below.RawSubject); {
		next := -1
		for i, candidate := range bag {
			if candidate.IsCA && bytes.Equal(candidate.RawSubject, below.RawIssuer) && below.CheckSignatureFrom(candidate) == nil {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		chain = append(chain, bag[next])
		below = bag[next]
	}
	return chain
}
