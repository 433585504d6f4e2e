package point

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// Scope is what a list is about when it is not about everything (RFC 5280 section 5.2.5). It is made by ParseScope, or by
// Everything for a list that does not say.
type Scope struct {
	Names       Names   // of the list itself; a shard of a list is told by this alone
	Users       bool    // end users' certificates only
	Authorities bool    // authorities' certificates only
	Attributes  bool    // attribute certificates only
	Reasons     Reasons // that it knows of
	Indirect    bool    // its entries may be other authorities'
}

// Everything is the scope of a list without the extension.
func Everything() Scope { return Scope{Reasons: All} }

// Fields of IssuingDistributionPoint, by tag.
const (
	fieldName        = 0
	fieldUsers       = 1
	fieldAuthorities = 2
	fieldReasons     = 3
	fieldIndirect    = 4
	fieldAttributes  = 5
)

// ParseScope reads the value of an issuingDistributionPoint extension, to the last byte. What is not known here, or not
// understood, makes a list that says nothing about any certificate.
func ParseScope(der []byte) (Scope, error) {
	input := cryptobyte.String(der)
	var fields cryptobyte.String
	if !input.ReadASN1(&fields, tags.SEQUENCE) || !input.Empty() {
		return Scope{}, ErrScope
	}
	scope := Everything()
	for last := -1; !fields.Empty(); {
		var content cryptobyte.String
		var tag tags.Tag
		if !fields.ReadAnyASN1(&content, &tag) || tag&0xc0 != 0x80 {
			return Scope{}, ErrScope
		}
		number := int(tag & 0x1f)
		if number <= last || (tag&0x20 != 0) != (number == fieldName) {
			return Scope{}, ErrScope // a field twice, or out of order, or of another kind
		}
		last = number
		var ok bool
		switch number {
		case fieldName:
			scope.Names, ok = parsePointName(content)
			ok = ok && !scope.Names.relative // it could not be compared with any certificate's
		case fieldUsers:
			scope.Users, ok = isTrue(content)
		case fieldAuthorities:
			scope.Authorities, ok = isTrue(content)
		case fieldReasons:
			scope.Reasons, ok = parseReasons(content)
		case fieldIndirect:
			scope.Indirect, ok = isTrue(content)
		case fieldAttributes:
			scope.Attributes, ok = isTrue(content)
		default: // a limit that nobody here knows
		}
		if !ok {
			return Scope{}, ErrScope
		}
	}
	return scope, nil
}

// isTrue takes every octet but 0 for TRUE, and lets a written FALSE through, which DER would have left out: these flags narrow.
func isTrue(content []byte) (set, ok bool) {
	return len(content) == 1 && content[0] != 0, len(content) == 1
}

// Fits is whether a list of this scope, signed by the authority of that Key, is one that the point means, for a certificate
// whose issuer has the other Key (RFC 5280 section 6.3.3 (b)(1) and (b)(2)(i)).
func (p Point) Fits(scope Scope, signer, issuer string) bool {
	switch {
	case p.Issuers.Empty():
		// The certificate's own issuer signs its lists, and only plain ones are believed without the point's saying so: the
		// RFC would let an indirect list of the issuer's own in here too, which nobody has been seen to publish.
		if signer != issuer || scope.Indirect {
			return false
		}
	case !slices.Contains(p.Issuers.People(), signer):
		return false
	case signer != issuer && !scope.Indirect:
		return false // the signer's list of its own certificates: a serial number that is not on it means nothing
	}
	if scope.Names.Empty() {
		return true
	}
	if p.Names.Empty() {
		return scope.Names.Share(p.Issuers) // in a directory, the authority's name is the list's
	}
	return scope.Names.Share(p.Names)
}
