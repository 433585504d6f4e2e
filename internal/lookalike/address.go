package lookalike

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// maxAddress: RFC 5321 section 4.5.3.1.3. What is longer is no address, and is not compared.
const maxAddress = 254

// address is one in the forms in which it is compared.
type address struct{ local, domain half }

type half struct {
	plain    string // in lower case, composed, as people read it
	length   int    // of plain, in letters
	skeleton string // what the eye takes it for
	letters  letters
}

// whole tells addresses apart. Nobody tells Bo from bo.
type whole struct{ local, domain string }

func (a address) whole() whole { return whole{a.local.plain, a.domain.plain} }

func read(given string) (address, bool) {
	at := strings.LastIndexByte(given, '@')
	if at < 1 || at == len(given)-1 || len(given) > maxAddress || !utf8.ValidString(given) {
		return address{}, false
	}
	domain := given[at+1:]
	if strings.Contains(strings.ToLower(domain), "xn--") {
		// What is not valid in it stays as it is: as an address it will be refused elsewhere.
		if readable, err := idna.Punycode.ToUnicode(strings.ToLower(domain)); err == nil {
			domain = readable
		}
	}
	return address{local: halfOf(given[:at]), domain: halfOf(domain)}, true
}

func halfOf(text string) half {
	plain := strings.ToLower(norm.NFC.String(text))
	return half{plain: plain, length: utf8.RuneCountInString(plain), skeleton: skeleton(plain), letters: lettersOf(plain)}
}

// skeleton is what is left where everything that is taken for something else is written as that. It is coarser than Unicode's own
// (UTS 39), which keeps rn and m apart and knows nothing of how Danish letters are written on other keyboards.
func skeleton(plain string) string {
	bare := plain
	if strings.ContainsFunc(plain, func(r rune) bool { return r >= utf8.RuneSelf || narrow(r) != r }) {
		bare = stripped(plain)
	}
	// Two letters that run together into one, as the last step: a letter of the pair may have been something else.
	return strings.ReplaceAll(strings.ReplaceAll(bare, "rn", "m"), "vv", "w")
}

func stripped(plain string) string {
	var b strings.Builder
	b.Grow(len(plain))
	for _, r := range plain {
		if r < utf8.RuneSelf {
			b.WriteRune(narrow(r))
			continue
		}
		if written := danish(r); written != "" {
			b.WriteString(written)
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			if !unicode.Is(unicode.Mn, part) { // an accent, which the eye passes over
				b.WriteRune(narrow(foreign(unicode.ToLower(part))))
			}
		}
	}
	return b.String()
}

// narrow: digits that are typed, or read, for letters.
func narrow(r rune) rune {
	switch r {
	case '0':
		return 'o'
	case '1', '|':
		return 'l'
	}
	return r
}

// danish is how a letter is written where the keyboard has none.
func danish(r rune) string {
	switch r {
	case 'æ', 'ä':
		return "ae"
	case 'ø', 'ö':
		return "oe"
	case 'å':
		return "aa"
	case 'ü':
		return "ue"
	case 'ß':
		return "ss"
	}
	return ""
}

// foreign is the Latin letter that a Greek or Cyrillic one cannot be told from in most typefaces (UTS 39, confusables.txt).
func foreign(r rune) rune {
	const from, to = "аеорсухіјѕһԁԛԝкмтвнοανρτικυıɡ", "aeopcyxijshdqwkmtbhoavptikuig"
	at := 0
	for _, f := range from {
		if f == r {
			return rune(to[at])
		}
		at++
	}
	return r
}

// letters is which letters a half has, one bit for several of them: a slip changes two at most.
type letters uint64

func lettersOf(plain string) (l letters) {
	for _, r := range plain {
		l |= 1 << (uint32(r) % 64)
	}
	return l
}

func (l letters) apart(other letters) int { return bits.OnesCount64(uint64(l ^ other)) }
