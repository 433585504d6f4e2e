package header

import (
	"net/mail"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Protected is a mail's real header.
type Protected struct {
	// Mode is the sender's word, inside the protection. Unprotected and not Wrapped: Fields are those outside, which
	// anybody may have written.
	Mode    Mode
	Wrapped bool // by the older way, RFC 8551 §3.1
	// Fields are the mail's own, none of them structural. A field that stood outside alone is not among them (RFC 9788 §4.4.4),
	// nor one of Repeated.
	Fields []Field
	// Outer is what stood outside when the mail was sent, as recorded inside.
	Outer []Field
	// Confidential names the fields that did not stand outside as they stand inside, each once: an answer must not give
	// them away (RFC 9788 §6.1). None where the mail was not encrypted.
	Confidential []string
	// Repeated names the fields that stand more than once and may not (RFC 5322 §3.6), in lower case.
	Repeated []string
	// FromMismatch: the From inside and the one outside do not name the same address, or not one each. The outer one is
	// what the mail's way was checked against (DKIM, DMARC); without a signature that fits the inner one, the inner
	// one is nobody's word (RFC 9788 §4.4, §10.1).
	FromMismatch bool
}

// Get is the text of the field that stands once in p.Fields; false where it stands there not at all or more often.
func (p Protected) Get(name string) (string, bool) { return only(p.Fields, name) }

// Read says what the real header of a mail is, from the header outside and that of the cryptographic payload's root.
// encrypted: the payload came out of an envelope.
//
// A payload without a valid hp parameter has no header protection, whatever fields it has (RFC 9788 §4.1): then it is the
// outer header that counts.
func Read(outer, payload []Field, encrypted bool) Protected {
	mode := modeOf(payload)
	if mode == Unprotected {
		return settle(Protected{}, outer)
	}
	p := Protected{Mode: mode}
	inner := make([]Field, 0, len(payload))
	for _, f := range payload {
		if !f.is(outerName) {
			inner = append(inner, f)
			continue
		}
		if was, ok := recorded(f); ok && mode == Cipher { // RFC 9788 §2.2
			p.Outer = append(p.Outer, was)
		}
	}
	p = settle(p, inner)
	p.FromMismatch = mismatch(outer, inner)
	if mode == Cipher && encrypted {
		p.Confidential = names(confidential(p.Fields, p.Outer))
	}
	return p
}

// ReadWrapped is Read for the message that Unwrap found. Nothing inside says what its sender left outside, so that is taken
// from the header outside, which others may have changed (RFC 9788 §4.10.2).
func ReadWrapped(outer, inner []Field, encrypted bool) Protected {
	p := settle(Protected{Wrapped: true, FromMismatch: mismatch(outer, inner)}, inner)
	if encrypted {
		p.Confidential = names(confidential(p.Fields, outer))
	}
	return p
}

// settle leaves out what is no field of the message, and what nobody can tell the right one of.
func settle(p Protected, list []Field) Protected {
	p.Repeated = repeated(list)
	for _, f := range list {
		if !f.structural() && !f.is(outerName) && !slices.Contains(p.Repeated, strings.ToLower(f.Name)) {
			p.Fields = append(p.Fields, f)
		}
	}
	return p
}

// modeOf reads the hp parameter. A Content-Type that stands twice, or cannot be understood, says nothing.
func modeOf(payload []Field) Mode {
	_, parameters, ok := contentType(payload)
	if !ok {
		return Unprotected
	}
	if m := Mode(strings.ToLower(parameters["hp"])); m == Clear || m == Cipher {
		return m
	}
	return Unprotected
}

// recorded cuts the value of HP-Outer at its first colon (RFC 9788 §4.2.1).
func recorded(f Field) (Field, bool) {
	name, value, found := strings.Cut(f.Text(), ":")
	name = strings.Trim(name, " \t")
	return Field{Name: name, Value: strings.TrimLeft(value, " \t")}, found && isName(name)
}

// confidential is the fields of inner that outer does not show as they are (RFC 9788 §4.3.1). One field outside accounts for
// one inside.
func confidential(inner, outer []Field) []Field {
	key := func(f Field) string { return strings.ToLower(f.Name) + ":" + f.Text() }
	shown := make(map[string]int, len(outer))
	for _, f := range outer {
		shown[key(f)]++
	}
	var hidden []Field
	for _, f := range inner {
		if k := key(f); shown[k] > 0 {
			shown[k]--
		} else {
			hidden = append(hidden, f)
		}
	}
	return hidden
}

func names(list []Field) []string {
	var once []string
	seen := make(map[string]bool)
	for _, f := range list {
		if name := strings.ToLower(f.Name); !seen[name] {
			seen[name] = true
			once = append(once, f.Name)
		}
	}
	return once
}

func only(list []Field, name string) (text string, ok bool) {
	for _, f := range list {
		if f.is(name) {
			if ok {
				return "", false
			}
			text, ok = f.Text(), true
		}
	}
	return text, ok
}

// mismatch is RFC 9788 §4.4.1.1. What cannot be compared does not agree.
func mismatch(outer, inner []Field) bool {
	outside, ok := address(outer)
	inside, ok2 := address(inner)
	return !ok || !ok2 || outside != inside
}

// address is the one address in From, as RFC 9788 §4.4.5 compares them: letters without case, and the domain as A-labels.
func address(list []Field) (string, bool) {
	const longest = 4 << 10 // one name and one address; parsing more would be work for a stranger
	text, ok := only(list, "From")
	if !ok || len(text) > longest {
		return "", false
	}
	parsed, err := mail.ParseAddressList(text)
	if err != nil || len(parsed) != 1 {
		return "", false
	}
	local, domain := cutLast(parsed[0].Address)
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return strings.ToLower(local + "@" + domain), true
}

func cutLast(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	return address[:max(at, 0)], address[at+1:]
}
