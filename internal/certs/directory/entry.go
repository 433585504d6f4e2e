package directory

import (
	"crypto/x509"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"aau.dk/sendsikker/internal/certs"
)

const (
	// maxValues of one entry are read. An organisation that renews every year for thirty years has thirty.
	maxValues = 128
	// maxValue: a certificate has 1 to 3 KiB, SignedData with a chain three times that.
	maxValue = 64 << 10
	// maxSigned values of one entry are read as SignedData. A person has one; each may cost sixteen signature checks.
	maxSigned = 4
	// maxFound certificates of one entry, and of one address, are kept. Package certs looks at the best sixteen.
	maxFound = 256
)

// aliasNames are other names of the same attribute: servers may answer with another than they were asked for.
var aliasNames = map[string]string{
	"rfc822mailbox": "mail", "0.9.2342.19200300.100.1.3": "mail", // RFC 4524 section 2.16
	"email": "emailaddress", "pkcs9email": "emailaddress", "1.2.840.113549.1.9.1": "emailaddress", // RFC 2985 section 5.2.1
	"2.5.4.36":                 "usercertificate",      // RFC 4523 section 4.1
	"2.16.840.1.113730.3.1.40": "usersmimecertificate", // RFC 2798 section 2.8
}

// plain is an attribute's name without case and options (RFC 4512 section 2.5), in one spelling.
func plain(description string) string {
	name, _, _ := strings.Cut(strings.ToLower(description), ";")
	if same, is := aliasNames[name]; is {
		return same
	}
	return name
}

// reader makes candidates of entries.
type reader struct {
	source       string
	profiles     []string
	addresses    map[string]bool // plain names of attributes
	certificates map[string]bool
}

func newReader(c Config, source string) reader {
	set := func(descriptions []string) map[string]bool {
		names := make(map[string]bool, len(descriptions))
		for _, description := range descriptions {
			names[plain(description)] = true
		}
		return names
	}
	return reader{source: source, profiles: c.Trust, addresses: set(c.AddressAttributes), certificates: set(c.CertificateAttributes)}
}

// finding is what an answer says about the asked addresses, by key.
type finding struct {
	candidates map[string][]certs.Candidate
	unread     int  // values that are no certificates
	more       bool // an entry has more values than are read
}

// take adds an entry to f. It belongs to those of the asked addresses that it names: a server that answers with everybody, or
// with somebody else, gives nobody a certificate. Where it names none at all (some show certificates and hide addresses) each
// certificate belongs to those that it names itself, as it must to be used (trust.Subject, not Bound).
func (r reader) take(f *finding, entry *ldap.Entry, asked map[string][]string, now time.Time) {
	var owners []string
	var values [][]byte
	hidden := true
	for _, attribute := range entry.Attributes {
		switch name := plain(attribute.Name); {
		case r.addresses[name]:
			hidden = hidden && len(attribute.Values) == 0
			owners = append(owners, named(attribute.Values)...)
		case r.certificates[name]:
			values = append(values, attribute.ByteValues...)
		}
	}
	if owners = among(asked, owners); len(owners) == 0 && !hidden {
		return
	}
	if len(values) > maxValues {
		values, f.more = values[:maxValues], true
	}
	candidates, unread, more := r.candidates(values, now)
	f.unread += unread
	f.more = f.more || more
	for _, candidate := range candidates {
		theirs := owners
		if hidden {
			theirs = among(asked, inside(candidate.Certificate))
		}
		for _, owner := range theirs {
			var full bool
			f.candidates[owner], full = merge(f.candidates[owner], candidate)
			f.more = f.more || full
		}
	}
}

// among is the keys that were asked for, each once.
func among(asked map[string][]string, keys []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, k := range keys {
		if len(asked[k]) > 0 && !seen[k] {
			seen[k] = true
			kept = append(kept, k)
		}
	}
	return kept
}

// candidates reads the values of an entry. What a value is shows by itself: some directories put the one kind where the other
// belongs. more is whether a limit left something out.
func (r reader) candidates(values [][]byte, now time.Time) (found []certs.Candidate, unread int, more bool) {
	signed := 0
	for _, value := range values {
		var read []certs.Candidate
		if len(value) <= maxValue {
			if certificate, err := x509.ParseCertificate(value); err == nil {
				read = []certs.Candidate{{Certificate: certificate}}
			} else if isSignedData(value) {
				if signed++; signed > maxSigned {
					more = true
					continue
				}
				read = fromSignedData(value)
			}
		}
		if len(read) == 0 {
			unread++
		}
		for _, candidate := range read {
			candidate.Source, candidate.Profiles, candidate.Added = r.source, r.profiles, now
			var full bool
			found, full = merge(found, candidate)
			more = more || full
		}
	}
	return found, unread, more
}

// merge adds one candidate; the same certificate twice, as it often stands in both attributes, is one that knows all that
// either does. full is whether there was no room for it.
func merge(list []certs.Candidate, another certs.Candidate) (merged []certs.Candidate, full bool) {
	for i := range list {
		if !list[i].Certificate.Equal(another.Certificate) {
			continue
		}
		if list[i].Capabilities == nil {
			list[i].Capabilities = another.Capabilities
		}
		if list[i].Issuers == nil {
			list[i].Issuers = another.Issuers
		}
		return list, false
	}
	if len(list) == maxFound {
		return list, true
	}
	return append(list, another), false
}
