package cpr

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// label is what the word before a number says that it is.
type label int

const (
	noLabel     label = iota
	momentLabel       // "den": a date, perhaps with a time of day
	weakLabel         // "reference": may be anything
	strongLabel       // "fakturanr.": something else
)

func (l label) cost(sh shape) int {
	switch {
	case l == strongLabel:
		return strong
	case l == weakLabel:
		return weak
	case isMoment(sh) && (l == momentLabel || sh.form != short):
		return weak
	}
	return 0
}

// How far a label is looked for: it must stand directly before the number, with nothing but "nr." and the like between.
const (
	labelMost  = 48 // UTF-16 units
	wordMost   = 24 // letters
	fillerMost = 3  // words
	bankMost   = 4  // digits of a bank's registration number, between "konto" and the account
)

// labelBefore reads backwards: Konto: 1234 2512489996, Fakturanr. 2512489996, ordre med nummer: 2512489996.
func (s *scanner) labelBefore(sh shape) label {
	numbered, bank := false, false
	i := sh.start
	for n := 0; n <= fillerMost; n++ {
		dotted := false
		for !isLetter(s.at(i - 1)) {
			c := s.at(i - 1)
			switch {
			case i <= 0 || i <= sh.start-labelMost || isNewline(c) || c == ',' || c == ';' || c == '!' || c == '?' || c == '|':
				return noLabel
			case isDigit(c):
				run := s.digitsBefore(i)
				if bank || run > bankMost {
					return noLabel
				}
				bank = true
				i -= run
				continue
			}
			dotted = dotted || c == '.'
			i--
		}
		word, start := s.wordBefore(i)
		i = start
		if isNumberWord(word) {
			numbered = true
			continue
		}
		if isFiller(word) {
			continue
		}
		// "Tak for din ordre. 2512489996 er mit nummer": a full stop ends a sentence, unless it follows a short word.
		if dotted && utf8.RuneCountInString(word) > 4 && !strings.HasSuffix(word, "nr") {
			return noLabel
		}
		return labelOf(word, numbered, bank)
	}
	return noLabel
}

// wordBefore gives the word that ends before i, in lower case, and where it begins.
func (s *scanner) wordBefore(i int) (string, int) {
	end := i
	for end-i < wordMost && isLetter(s.at(i-1)) {
		i--
	}
	letters := make([]uint16, 0, wordMost)
	for k := i; k < end; k++ {
		letters = append(letters, lower(s.at(k)))
	}
	return string(utf16.Decode(letters)), i
}

func (s *scanner) isNumberWord(end int) bool {
	word, _ := s.wordBefore(end)
	return isNumberWord(word)
}

func isNumberWord(word string) bool {
	switch word {
	case "nr", "no", "num", "nummer", "numre", "number", "numbers":
		return true
	}
	return false
}

func isFiller(word string) bool {
	switch word {
	case "er", "is", "id", "på", "med", "with":
		return true
	}
	return false
}

func labelOf(word string, numbered, bank bool) label {
	numbered = numbered || strings.HasSuffix(word, "nr") || strings.HasSuffix(word, "nummer")
	switch {
	case word == "reg" || word == "kto" || begins(word, "regnr registrering iban account acct bank") || begins(word, "konto") && !begins(word, "kontor"):
		return strongLabel
	case bank:
		return noLabel
	case word == "tel" || word == "mob" || word == "po" || word == "inv" || word == "bic" || word == "doi":
		return strongLabel
	case begins(word, "tlf telefon telefax mobil phone fax ean gln gtin isbn swift tracking serial"):
		return strongLabel
	case begins(word, "faktura faknr invoice ordre order bilag pakke vare serie rekvisition"):
		// "Faktura 251248-9996" may be a person's; "fakturanr. 251248-9996" is not.
		if numbered {
			return strongLabel
		}
		return weakLabel
	case word == "p" && numbered || word == "pnr" || word == "pnummer" || word == "ref":
		return weakLabel // a production unit's number has ten digits too
	case begins(word, "kunde customer") && numbered || begins(word, "reference ticket incident version build projekt project model"):
		return weakLabel
	case word == "d" || word == "den" || word == "kl" || begins(word, "dato date"):
		return momentLabel
	}
	return noLabel
}

// begins says whether a word begins with one of the stems.
func begins(word, stems string) bool {
	for stem := range strings.FieldsSeq(stems) {
		if strings.HasPrefix(word, stem) {
			return true
		}
	}
	return false
}

// behind is how far after a number a word such as "cpr" speaks for it, on the same line and before any other number.
const behind = 20

func (s *scanner) wordAfter(end int) bool {
	for i := end; i < end+behind; i++ {
		if isDigit(s.at(i)) || isNewline(s.at(i)) {
			return false
		}
		if s.isWord(i) {
			return true
		}
	}
	return false
}

// isUnit says that an amount of money, or of things, ends here.
func (s *scanner) isUnit(end int) bool {
	i := end
	for n := 0; n < 3 && isSpace(s.at(i)); n++ {
		i++
	}
	letters := make([]uint16, 0, 4)
	for len(letters) < 4 && isLetter(s.at(i)) {
		letters = append(letters, lower(s.at(i)))
		i++
	}
	switch string(utf16.Decode(letters)) {
	case "kr", "dkk", "eur", "usd", "sek", "nok", "gbp", "stk":
		return true
	}
	return false
}
