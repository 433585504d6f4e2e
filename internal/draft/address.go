package draft

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

const (
	maxLocalPart = 64  // octets, RFC 5321 §4.5.3.1.1
	maxAddress   = 254 // octets: RFC 5321 §4.5.3.1.3 allows a path of 256 with its angle brackets (erratum 1690 to RFC 3696)
)

// Key is the address as two of them are compared: the local part byte by byte, because only its own server may say that
// case does not matter (RFC 5321 §2.4), and the domain as lower-case ASCII. An address that is none is its own key.
func Key(address string) string {
	local, domain, found := cutAddress(address)
	if !found {
		return address
	}
	ascii, err := asciiDomain(domain)
	if err != nil {
		ascii = strings.ToLower(domain)
	}
	return local + "@" + ascii
}

// cutAddress cuts at the last @: a domain cannot hold one, a local part may (RFC 5321 §4.1.2).
func cutAddress(address string) (local, domain string, found bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", "", false
	}
	return address[:at], address[at+1:], true
}

func normalAddress(address string) string {
	local, domain, found := cutAddress(strings.TrimSpace(address))
	if !found {
		return strings.TrimSpace(address)
	}
	return local + "@" + strings.ToLower(norm.NFC.String(domain))
}

// asciiDomain is the A-label form (RFC 5891 §4), which every mail program understands. The third and fourth letter may be
// hyphens: such names exist, and only "xn--" means something.
func asciiDomain(domain string) (string, error) {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true),
		idna.VerifyDNSLength(true), idna.CheckHyphens(false)).ToASCII(domain)
}

// headerAddress is the address as it stands between angle brackets. False is an address that cannot be used.
//
// A local part that would need quotes and a domain literal are refused: Exchange Online takes neither, and the two are
// where mail programs disagree about who the recipient is. Letters beyond ASCII in the local part are let through, raw,
// as RFC 6532 §3.2 has it: there is no other way to write them.
func headerAddress(address string) (string, bool) {
	local, domain, found := cutAddress(address)
	if !found || local == "" || len(local) > maxLocalPart || !utf8.ValidString(address) {
		return "", false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", false
	}
	for _, r := range local {
		if !atomRune(r) && r != '.' {
			return "", false
		}
	}
	// An invisible letter in a domain is dropped by IDNA mapping: what is read would not be where it goes.
	for _, r := range domain {
		if r >= utf8.RuneSelf && (!unicode.IsGraphic(r) || unicode.IsSpace(r)) {
			return "", false
		}
	}
	ascii, err := asciiDomain(domain)
	// RFC 5321 §2.3.5: only fully-qualified names, so there is a dot in it.
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") || digitsOnly(ascii) {
		return "", false
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") { // RFC 5321 §4.1.2: sub-domain
			return "", false
		}
	}
	whole := local + "@" + ascii
	return whole, len(whole) <= maxAddress
}

// digitsOnly is true for 192.0.2.1 without brackets: a number is no domain name, and nobody knows what it would mean.
func digitsOnly(domain string) bool { return strings.Trim(domain, "0123456789.") == "" }

// atomRune is atext of RFC 5322 §3.2.3, with the letters beyond ASCII of RFC 6532 §3.2 that can be seen.
func atomRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r != 0x7f && !strings.ContainsRune(`()<>[]:;@\,."`, r)
	}
	return unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

func keep(list []mail.Address, seen map[string]bool) []mail.Address {
	kept := make([]mail.Address, 0, len(list))
	for _, a := range list {
		a = mail.Address{Name: normalText(a.Name), Address: normalAddress(a.Address)}
		if key := Key(a.Address); !seen[key] {
			seen[key] = true
			kept = append(kept, a)
		}
	}
	return kept
}
