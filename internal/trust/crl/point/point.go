package point

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidDistributionPoints = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidFreshestCRL        = asn1.ObjectIdentifier{2, 5, 29, 46}

	// ErrPoints is said of a certificate or a base list; ErrScope of a list.
	ErrPoints = errors.New("the distribution points cannot be read")
	ErrScope  = errors.New("what the list is about cannot be read")
)

// Point is one place where a certificate says that its revocation is published.
type Point struct {
	Names   Names   // of the list; a list that gives itself names must share one of them. Several are mirrors of each other
	Reasons Reasons // which the list knows of; All where nothing is said
	Issuers Names   // who signs the list; none is the certificate's own issuer
}

// Of gives the distribution points of a certificate, none where it has no such extension.
func Of(certificate *x509.Certificate) ([]Point, error) {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(oidDistributionPoints) {
			return Parse(extension.Value)
		}
	}
	return nil, nil
}

// Freshest gives the addresses of the delta lists that a certificate or a complete list names. The extension has the shape
// of distribution points (RFC 5280 section 4.2.1.15). A delta list only sharpens an answer that is there without it, so an
// extension that cannot be read is as none.
func Freshest(extensions []pkix.Extension) []string {
	var addresses []string
	for _, extension := range extensions {
		if !extension.Id.Equal(oidFreshestCRL) {
			continue
		}
		points, err := Parse(extension.Value)
		if err != nil {
			return nil
		}
		for _, point := range points {
			addresses = append(addresses, point.Names.Addresses...)
		}
	}
	return addresses
}

// Parse reads the value of a cRLDistributionPoints or freshestCRL extension, to the last byte.
func Parse(der []byte) ([]Point, error) {
	input := cryptobyte.String(der)
	var list cryptobyte.String
	if !input.ReadASN1(&list, tags.SEQUENCE) || !input.Empty() || list.Empty() {
		return nil, ErrPoints
	}
	var points []Point
	for !list.Empty() {
		var fields cryptobyte.String
		if !list.ReadASN1(&fields, tags.SEQUENCE) {
			return nil, ErrPoints
		}
		point, ok := parsePoint(fields)
		if !ok {
			return nil, ErrPoints
		}
		points = append(points, point)
	}
	return points, nil
}

func parsePoint(fields cryptobyte.String) (Point, bool) {
	point := Point{Reasons: All}
	var name, reasons, issuers cryptobyte.String
	var named, some, indirect, ok bool
	if !fields.ReadOptionalASN1(&name, &named, context(0).Constructed()) ||
		!fields.ReadOptionalASN1(&reasons, &some, context(1)) ||
		!fields.ReadOptionalASN1(&issuers, &indirect, context(2).Constructed()) || !fields.Empty() {
		return Point{}, false
	}
	if !named && !indirect {
		return Point{}, false // "a DistributionPoint MUST NOT consist of only the reasons field"
	}
	if named {
		if point.Names, ok = parsePointName(name); !ok {
			return Point{}, false
		}
	}
	if some {
		if point.Reasons, ok = parseReasons(reasons); !ok {
			return Point{}, false
		}
	}
	if indirect {
		// The issuer is looked for by its X.500 name, which must be there (RFC 5280 section 4.2.1.13). Taking a point
		// without it for one of the certificate's own issuer would let that one's list answer in another's place.
		if point.Issuers, ok = parseNames(issuers); !ok || len(point.Issuers.Directory) == 0 {
			return Point{}, false
		}
	}
	return point, true
}

// parsePointName reads the choice DistributionPointName.
func parsePointName(choice cryptobyte.String) (names Names, ok bool) {
	var content cryptobyte.String
	var tag tags.Tag
	if !choice.ReadAnyASN1(&content, &tag) || !choice.Empty() {
		return Names{}, false
	}
	switch tag {
	case context(0).Constructed():
		return parseNames(content)
	case context(1).Constructed():
		// nameRelativeToCRLIssuer is a place in a directory. Nothing of ours is equal to it, and that must be seen: with no
		// name at all, the point would be open to any list of the issuer's.
		return Names{keys: []string{"relative"}, relative: true}, true
	default:
		return Names{}, false
	}
}

func context(number uint8) tags.Tag { return tags.Tag(number).ContextSpecific() }
