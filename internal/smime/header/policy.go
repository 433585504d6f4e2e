package header

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// Policy is what is hidden from those who cannot decrypt (Header Confidentiality Policy, RFC 9788 §3). The zero value is
// hcp_baseline (§3.2.1).
type Policy struct {
	// Subject stands outside instead of the real one, as plain text; "" is "[...]".
	Subject string
	// Reveal hides nothing (hcp_no_confidentiality, §3.2.3): the fields are protected against change alone.
	Reveal bool
}

const hiddenSubject = "[...]" // RFC 9788 §3.2.1

// Outer is the header outside, for the fields inside: Subject replaced, Comments and Keywords left out, the rest as it is.
func (p Policy) Outer(inner []Field) []Field {
	if p.Reveal {
		return append([]Field(nil), inner...)
	}
	var outer []Field
	for _, f := range inner {
		switch {
		case f.is("Comments"), f.is("Keywords"):
			continue
		case f.is("Subject"):
			f.Value = hiddenSubject
			if p.Subject != "" {
				f.Value = unstructured(p.Subject)
			}
		}
		outer = append(outer, f)
	}
	return outer
}

// unstructured writes a text as RFC 2047 has it, in words that leave room for the field's name in a line of 76.
func unstructured(text string) string {
	plain := func(r rune) bool { return ' ' <= r && r <= '~' }
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 && !strings.Contains(text, "=?") && len(text) <= 60 {
		return text
	}
	const room = 36 // octets in a word
	var words []string
	for text = strings.ToValidUTF8(text, "\uFFFD"); text != ""; {
		cut := min(room, len(text))
		for cut < len(text) && !utf8.RuneStart(text[cut]) {
			cut--
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:cut]))+"?=")
		text = text[cut:]
	}
	return strings.Join(words, "\r\n ")
}
