package cpr

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Match is one CPR number in a text.
type Match struct {
	Start, End int    // the bytes text[Start:End], with the separators that the writer chose
	Number     string // the ten digits
	Why        string // what spoke for it, of "date mod11 dash word url", for tests and for explaining; never a part of the number
}

// Find gives the CPR numbers of a text from first to last; they do not overlap.
func Find(text string) []Match {
	var all []Match
	walk := offsets{text: text}
	scan(newUnits(text), func(f found) bool {
		start := walk.to(f.start)
		all = append(all, Match{Start: start, End: walk.to(f.end), Number: f.number, Why: f.why})
		return true
	})
	return all
}

// Contains says whether the text has a CPR number.
func Contains(text string) bool {
	has := false
	scan(newUnits(text), func(found) bool {
		has = true
		return false
	})
	return has
}

// Bullet stands for a digit that was masked.
const Bullet = "•"

// maskPasses is how often Mask looks again: what stood beside a masked number may count once the digits that spoke against it
// are gone. Real texts need one pass; a text made to need more loses all its digits instead.
const maskPasses = 4

// Mask replaces every digit of every CPR number by a bullet and keeps the separators: neither the date nor the serial can be read.
// The masked text has no CPR number.
func Mask(text string) string {
	for range maskPasses {
		matches := Find(text)
		if len(matches) == 0 {
			return text
		}
		var b strings.Builder
		last := 0
		for _, m := range matches {
			b.WriteString(text[last:m.Start])
			b.WriteString(bullets(text[m.Start:m.End]))
			last = m.End
		}
		b.WriteString(text[last:])
		text = b.String()
	}
	if Contains(text) {
		return bullets(text)
	}
	return text
}

func bullets(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x10000 && value(uint16(r)) >= 0 {
			b.WriteString(Bullet)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// text is UTF-16: TypeScript's strings are, and positions and distances must be the same in both.
type text interface {
	at(i int) uint16
	size() int
}

type units []uint16

func newUnits(s string) units { return utf16.Encode([]rune(s)) }

func (u units) at(i int) uint16 { return u[i] }
func (u units) size() int       { return len(u) }

// offsets turns positions in UTF-16, which only grow, into bytes.
type offsets struct {
	text       string
	unit, byte int
}

func (o *offsets) to(unit int) int {
	for o.unit < unit && o.byte < len(o.text) {
		r, size := utf8.DecodeRuneInString(o.text[o.byte:])
		o.unit += utf16.RuneLen(r)
		o.byte += size
	}
	return o.byte
}
