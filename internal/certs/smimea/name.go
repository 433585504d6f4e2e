package smimea

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

const (
	// hashOctets of the SHA-256 are written, because a label has room for 63 characters (RFC 8162 section 3, RFC 1035
	// section 2.3.4).
	hashOctets = 28
	// maxNameOctets is the longest name that fits into a question (RFC 1035 section 2.3.4), counted as it travels: a length
	// before every label and an empty one at the end, which is one octet more than is written.
	maxNameOctets = 255
)

// owner is the name that an address has its certificates at (RFC 8162 section 3). ok is false where DNS has no name for it, so
// that there is nothing to be found either.
//
// The local part is hashed as it stands: only its own server knows whether Bo is bo (RFC 5321 section 2.4), and whoever wants
// another spelling asks for it as another address.
func owner(address string) (name string, ok bool) {
	at := strings.LastIndexByte(address, '@') // a quoted local part may hold others
	if at < 1 {
		return "", false
	}
	local, ok := unquoted(address[:at])
	if !ok || !utf8.ValidString(local) {
		return "", false
	}
	// Nothing but letters, digits, hyphens and dots comes through, so that no backslash is left for miekg/dns to read as one.
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil || domain == "" {
		return "", false
	}
	digest := sha256.Sum256(norm.NFC.Bytes([]byte(local)))
	name = hex.EncodeToString(digest[:hashOctets]) + "._smimecert." + dns.CanonicalName(domain)
	if _, ok := dns.IsDomainName(name); !ok || len(name)+1 > maxNameOctets {
		return "", false
	}
	return name, true
}

// unquoted takes the quotes and backslashes off a Quoted-string (RFC 5321 section 4.1.2), as RFC 8162 section 3 has it: "bo"
// and bo are one mailbox. A local part that is half of one is none.
func unquoted(local string) (string, bool) {
	if !strings.ContainsAny(local, `"\`) {
		return local, true
	}
	if len(local) < 2 || local[0] != '"' || local[len(local)-1] != '"' {
		return "", false
	}
	var plain strings.Builder
	for text := local[1 : len(local)-1]; text != ""; text = text[1:] {
		if text[0] == '"' {
			return "", false
		}
		if text[0] == '\\' {
			if text = text[1:]; text == "" {
				return "", false // the closing quote was meant as a character
			}
		}
		plain.WriteByte(text[0])
	}
	return plain.String(), true
}
