package trust

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

var (
	oidSubjectAltName  = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSMTPUTF8Mailbox = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9} // RFC 9598 section 3
	oidEmailAddress    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// isFor is whether the certificate names address: in the subjectAltName as rfc822Name or SmtpUTF8Mailbox, or in the
// subject as emailAddress (RFC 8550 section 3 has receivers read both places). Domains are compared as DNS does. Local parts
// of rfc822Name and subject are compared without case (RFC 8550 section 3: SHOULD), those of SmtpUTF8Mailbox octet by octet
// (RFC 9598 section 5: MUST), because folding Unicode makes different people equal.
func isFor(certificate *x509.Certificate, address string) bool {
	local, domain, ok := split(address)
	if !ok {
		return false
	}
	for _, name := range append(subjectAddresses(certificate), certificate.EmailAddresses...) {
		theirs, at, ok := split(name)
		if ok && domain == at && asciiLower(local) == asciiLower(theirs) {
			return true
		}
	}
	for _, name := range internationalMailboxes(certificate) {
		theirs, at, ok := split(name)
		if ok && domain == at && local == theirs {
			return true
		}
	}
	return false
}

func subjectAddresses(certificate *x509.Certificate) []string {
	var found []string
	for _, attribute := range certificate.Subject.Names {
		if value, isText := attribute.Value.(string); isText && attribute.Type.Equal(oidEmailAddress) {
			found = append(found, value)
		}
	}
	return found
}

// internationalMailboxes reads the otherName entries that crypto/x509 skips. What is not well formed names nobody.
func internationalMailboxes(certificate *x509.Certificate) []string {
	var found []string
	for _, extension := range certificate.Extensions {
		if !extension.Id.Equal(oidSubjectAltName) {
			continue
		}
		var names asn1.RawValue
		if rest, err := asn1.Unmarshal(extension.Value, &names); err != nil || len(rest) > 0 {
			return nil
		}
		for rest := names.Bytes; len(rest) > 0; {
			var name asn1.RawValue
			var err error
			if rest, err = asn1.Unmarshal(rest, &name); err != nil {
				return nil
			}
			if mailbox, ok := smtpUTF8Mailbox(name); ok {
				found = append(found, mailbox)
			}
		}
	}
	return found
}

// smtpUTF8Mailbox reads GeneralName otherName [0] { type-id OID, value [0] EXPLICIT UTF8String }.
func smtpUTF8Mailbox(name asn1.RawValue) (string, bool) {
	if name.Class != asn1.ClassContextSpecific || name.Tag != 0 {
		return "", false
	}
	var id asn1.ObjectIdentifier
	value, err := asn1.Unmarshal(name.Bytes, &id)
	if err != nil || !id.Equal(oidSMTPUTF8Mailbox) {
		return "", false
	}
	var explicit, text asn1.RawValue
	if rest, err := asn1.Unmarshal(value, &explicit); err != nil || len(rest) > 0 ||
		explicit.Class != asn1.ClassContextSpecific || explicit.Tag != 0 {
		return "", false
	}
	if rest, err := asn1.Unmarshal(explicit.Bytes, &text); err != nil || len(rest) > 0 ||
		text.Class != asn1.ClassUniversal || text.Tag != asn1.TagUTF8String || !utf8.Valid(text.Bytes) {
		return "", false
	}
	return string(text.Bytes), true
}

// split cuts at the last @ (a quoted local part may hold others) and brings the domain into its DNS form: lower-case
// A-labels. A domain that has none names nobody.
func split(address string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at == len(address)-1 {
		return "", "", false
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return "", "", false
	}
	return address[:at], domain, true
}

func asciiLower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, text)
}

// NamesAddress is whether the certificate says whose mailbox it is, in any of the places where it may. Most OCES3 ones do not.
func NamesAddress(certificate *x509.Certificate) bool {
	return len(certificate.EmailAddresses)+len(subjectAddresses(certificate))+len(internationalMailboxes(certificate)) > 0
}

// For is whether the certificate names the address.
func For(certificate *x509.Certificate, address string) bool { return isFor(certificate, address) }
