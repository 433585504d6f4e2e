package crl

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

// scope is what a list is about when it is not about everything (RFC 5280 section 5.2.5).
type scope struct {
	usersOnly, authoritiesOnly bool
	addresses                  []string // where the list says that it lies; a shard of a list is told by this alone
}

// Fields of issuingDistributionPoint, by tag. What is not here, or is not understood to the last byte, makes a list that
// says nothing about any certificate. encoding/asn1 would pass over unknown fields of a struct, so there is none.
const (
	fieldName            = 0
	fieldUsersOnly       = 1
	fieldAuthoritiesOnly = 2
	fieldIndirect        = 4 // its entries may be other authorities'; onlySomeReasons (3) proves nothing good
	fieldAttributesOnly  = 5

	nameFull = 0 // of DistributionPointName; the other choice, relative to the issuer, is a directory's
	nameURI  = 6 // of GeneralName
)

func parseScope(der []byte) (scope, error) {
	var found scope
	var fields []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &fields); err != nil || len(rest) > 0 {
		return scope{}, errScope
	}
	for _, field := range fields {
		if field.Class != asn1.ClassContextSpecific {
			return scope{}, errScope
		}
		switch field.Tag {
		case fieldName:
			addresses, err := parseAddresses(field.Bytes)
			if err != nil {
				return scope{}, err
			}
			found.addresses = append(found.addresses, addresses...)
		case fieldUsersOnly:
			found.usersOnly = isTrue(field)
		case fieldAuthoritiesOnly:
			found.authoritiesOnly = isTrue(field)
		case fieldIndirect, fieldAttributesOnly:
			if isTrue(field) {
				return scope{}, errScope
			}
		default:
			return scope{}, errScope
		}
	}
	return found, nil
}

// parseAddresses wants at least one URI: a list named in another way could not be compared with any certificate of ours.
func parseAddresses(der []byte) ([]string, error) {
	var name asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 ||
		name.Class != asn1.ClassContextSpecific || name.Tag != nameFull {
		return nil, errScope
	}
	var addresses []string
	for rest := name.Bytes; len(rest) > 0; {
		var part asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &part); err != nil {
			return nil, errScope
		}
		if part.Class == asn1.ClassContextSpecific && part.Tag == nameURI {
			addresses = append(addresses, string(part.Bytes))
		}
	}
	if len(addresses) == 0 {
		return nil, errScope
	}
	return addresses, nil
}

// isTrue takes everything but a plain FALSE, which DER would have left out, for TRUE: each of these flags narrows.
func isTrue(field asn1.RawValue) bool {
	return len(field.Bytes) != 1 || field.Bytes[0] != 0
}

// covers follows RFC 5280 section 6.3.3 (b)(2): one name of the list must be one of the certificate's, or a shard for
// other certificates, signed by the same authority, could stand in for the one that holds this certificate's serial.
func (s scope) covers(certificate *x509.Certificate) bool {
	if s.usersOnly && certificate.IsCA || s.authoritiesOnly && !certificate.IsCA {
		return false
	}
	return len(s.addresses) == 0 || slices.ContainsFunc(s.addresses, func(address string) bool {
		return slices.Contains(certificate.CRLDistributionPoints, address)
	})
}
