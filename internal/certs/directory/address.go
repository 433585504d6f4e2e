package directory

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"

	"golang.org/x/net/idna"
)

// maxAddress is RFC 5321 section 4.5.3.1: 64 octets of local part, the @, and 255 of domain.
const maxAddress = 64 + 1 + 255

var oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

// key is the form in which addresses are asked for and compared, as package trust compares them: the domain in its DNS form,
// the local part without the case of ASCII letters. Directories do the same (RFC 4524 section 2.16: caseIgnoreIA5Match).
// What is no address names nobody.
func key(address string) (string, bool) {
	at := strings.LastIndexByte(address, '@') // a quoted local part may hold others
	if at < 1 || at == len(address)-1 || len(address) > maxAddress {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return "", false
	}
	local := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, address[:at])
	return local + "@" + domain, true
}

// byKey gathers the addresses that are one person's, each as it was asked for.
func byKey(addresses []string) map[string][]string {
	asked := make(map[string][]string, len(addresses))
	for _, address := range addresses {
		if k, ok := key(address); ok {
			asked[k] = append(asked[k], address)
		}
	}
	return asked
}

// named is the keys of the addresses in an attribute. Active Directory writes them with the kind of address in front.
func named(values []string) []string {
	var keys []string
	for _, value := range values {
		if kind, rest, is := strings.Cut(value, ":"); is && strings.EqualFold(kind, "smtp") {
			value = rest
		}
		if k, ok := key(value); ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// inside is the keys of the addresses that a certificate itself names.
func inside(certificate *x509.Certificate) []string {
	keys := named(certificate.EmailAddresses)
	for _, attribute := range certificate.Subject.Names {
		if value, isText := attribute.Value.(string); isText && attribute.Type.Equal(oidEmailAddress) {
			keys = append(keys, named([]string{value})...)
		}
	}
	return keys
}
