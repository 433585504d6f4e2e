package draft

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	lineLength = 76 // RFC 2047 §2: a line that holds an encoded-word; also below the 78 of RFC 5322 §2.1.1
	wordLength = 60 // of one encoded-word; 75 are allowed, but "Subject: " or ` name="` must fit before it

	wordOpen  = "=?utf-8?B?"
	wordClose = "?="
)

// field appends one header field, folded only between tokens, so that unfolding gives the tokens back with single spaces.
func field(out *strings.Builder, name string, tokens ...string) {
	out.WriteString(name + ":")
	column := len(name) + 1
	for i, token := range tokens {
		if i > 0 && column+1+len(token) > lineLength {
			out.WriteString("\r\n")
			column = 0
		}
		out.WriteString(" " + token)
		column += 1 + len(token)
	}
	out.WriteString("\r\n")
}

// unstructured makes the tokens of a text such as the subject. A text that looks as if it were encoded already is encoded
// too, so that "=?utf-8?q?=0D=0A?=" arrives as these very characters and not as what a decoder makes of them.
func unstructured(s string) []string {
	words := strings.Split(s, " ")
	unfit := func(word string) bool { return word == "" || len(word) > wordLength }
	if plainASCII(s) && !slices.ContainsFunc(words, unfit) {
		return words
	}
	return encodedWords(s)
}

// phrase makes the tokens of a display name: a quoted-string where that is enough. An encoded-word never stands within
// quotes (RFC 2047 §5).
func phrase(s string) []string {
	if s == "" {
		return nil
	}
	if q := quoted(s); plainASCII(s) && len(q) <= wordLength {
		return []string{q}
	}
	return encodedWords(s)
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func plainASCII(s string) bool {
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return !strings.Contains(s, "=?")
}

// encodedWords uses base64 throughout: the Q encoding has other rules in a phrase than in a text (RFC 2047 §5 (3)), and one
// form that is right everywhere is worth more than a readable source. No letter is split over two words (§5, last).
func encodedWords(s string) []string {
	const room = (wordLength - len(wordOpen) - len(wordClose)) / 4 * 3
	var words []string
	for s != "" {
		cut := min(room, len(s))
		for cut < len(s) && cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		if cut == 0 { // not UTF-8; refused before, but never an endless loop
			cut = min(room, len(s))
		}
		words = append(words, wordOpen+base64.StdEncoding.EncodeToString([]byte(s[:cut]))+wordClose)
		s = s[cut:]
	}
	return words
}
