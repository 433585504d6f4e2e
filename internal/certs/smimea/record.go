package smimea

import (
	"crypto/x509"
	"encoding/hex"
	"slices"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs"
)

// What the three numbers of a record mean (RFC 6698 sections 2.1.1 to 2.1.3 and 7, by RFC 8162 section 2).
const (
	usageConstrained = 1 // PKIX-EE: this certificate, if an authority vouches for it too
	usageDomain      = 3 // DANE-EE: this certificate, because the domain says so
	selectorWhole    = 0 // of the certificate, and not of its key alone
	matchingExact    = 0 // the thing itself, and not its hash
)

const (
	// maxRecords of one address are read: as many as are looked at for it of all sources together (package certs). One
	// address has one certificate, or two while it is being renewed.
	maxRecords = 16
	// maxCertificate is the largest that is parsed. An OCES3 one has 2 KB, one with a post-quantum key and signature some
	// 8 KB; a record could hold 64.
	maxCertificate = 16 << 10
)

// candidates are the certificates that can be encrypted for, in the order of the records. unusable is how many of the records
// should have been some, and are not.
//
// Usages 0 and 2 name authorities, and a recipient's key is in neither. Matching types 1 and 2 and selector 1 can confirm a
// certificate that was found elsewhere; here there is none, so they say nothing.
func candidates(found []*dns.SMIMEA, trustUsage3 bool) (list []certs.Candidate, unusable int) {
	for i, record := range found {
		if i == maxRecords {
			return list, unusable + len(found) - maxRecords
		}
		if record.Selector != selectorWhole || record.MatchingType != matchingExact ||
			record.Usage != usageConstrained && record.Usage != usageDomain {
			continue
		}
		certificate := parse(record.Certificate)
		if certificate == nil {
			unusable++
			continue
		}
		vouched := record.Usage == usageDomain && trustUsage3
		// Of two records with one certificate the one that says more holds, whichever comes first: any one that fits is
		// enough (RFC 6698 section 2.1).
		if at := slices.IndexFunc(list, func(c certs.Candidate) bool { return c.Certificate.Equal(certificate) }); at >= 0 {
			list[at].Vouched = list[at].Vouched || vouched
			continue
		}
		list = append(list, certs.Candidate{
			Certificate: certificate, Source: certs.SourceSMIMEA, Bound: true, Vouched: vouched,
		})
	}
	return list, unusable
}

// parse reads what miekg/dns gives in hex, or gives nil.
func parse(data string) *x509.Certificate {
	if hex.DecodedLen(len(data)) > maxCertificate {
		return nil
	}
	der, err := hex.DecodeString(data)
	if err != nil {
		return nil
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return certificate
}
