package draft

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/fault"
)

// flaw is why a text cannot stand in a header.
type flaw int

const (
	sound flaw = iota
	notText
	controls
	turned
)

// flawOf finds what would let a text say something else than it seems to.
//
// It is refused, not stripped: no keyboard makes a line break in a subject or a letter that turns the reading direction,
// so either a program is broken or somebody is trying something, and in both cases a mail that silently differs from what
// the sender saw is the worse answer. LRM, RLM and ALM are let through: Arabic and Hebrew need them, and they turn no
// letter around, unlike the embeddings, overrides and isolates (UAX #9 §2).
func flawOf(s string) flaw {
	if !utf8.ValidString(s) {
		return notText
	}
	for _, r := range s {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return controls
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u206f':
			return turned
		}
	}
	return sound
}

// say is the sentence for the flaw in what, which is a noun in definite form in both languages.
func (f flaw) say(what fault.Sentence) fault.Sentence {
	switch f {
	case notText:
		return fault.Sentence{
			DA: what.DA + " er ikke gyldig tekst (UTF-8). Skriv teksten igen.",
			EN: what.EN + " is not valid text (UTF-8). Type it again.",
		}
	case controls:
		return fault.Sentence{
			DA: what.DA + " indeholder linjeskift eller andre styretegn. Skriv teksten igen på én linje.",
			EN: what.EN + " holds line breaks or other control characters. Type it again on one line.",
		}
	case turned:
		return fault.Sentence{
			DA: what.DA + " indeholder usynlige tegn, der vender læseretningen. Skriv teksten igen i stedet for at kopiere den.",
			EN: what.EN + " holds invisible characters that turn the reading direction. Type it again instead of pasting it.",
		}
	case sound:
	}
	return fault.Sentence{}
}

// maxMessageID keeps "In-Reply-To: " and the identifier within one line, which cannot be folded: 998 octets, RFC 5322 §2.1.1.
const maxMessageID = 900

// usableID accepts more than msg-id of RFC 5322 §3.6.4, because the sender cannot mend what somebody else's program wrote:
// anything visible and ASCII within one pair of angle brackets. That is enough for it to stay one identifier.
func usableID(id string) bool {
	inner, opened := strings.CutPrefix(id, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	if !opened || !closed || inner == "" || len(id) > maxMessageID {
		return false
	}
	for _, b := range []byte(inner) {
		if b <= ' ' || b >= 0x7f || b == '<' || b == '>' {
			return false
		}
	}
	return true
}
