package cpr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/cpr"
)

// century is the CPR office's table of the seventh digit, written out anew: a second opinion on the rule.
func century(seventh, yy int) int {
	switch {
	case seventh <= 3:
		return 1900
	case seventh == 4 || seventh == 9:
		if yy <= 36 {
			return 2000
		}
		return 1900
	case yy <= 57:
		return 2000
	}
	return 1800
}

func TestEveryDayOfEveryCenturyIsJudgedByTheCalendar(t *testing.T) {
	t.Parallel()
	days, others := 0, 0
	for dd := range 100 {
		for mm := range 20 {
			for yy := range 100 {
				for seventh := range 10 {
					// Time normalises what is no day: the 31st of April becomes the 1st of May.
					day := time.Date(century(seventh, yy)+yy, time.Month(mm), dd, 0, 0, 0, 0, time.UTC)
					real := mm >= 1 && mm <= 12 && day.Day() == dd && int(day.Month()) == mm
					if text := fmt.Sprintf("%02d%02d%02d-%d996", dd, mm, yy, seventh); cpr.Contains(text) != real {
						t.Fatalf("%q: got %v, want %v", text, !real, real)
					}
					if real {
						days++
					} else {
						others++
					}
				}
			}
		}
	}
	if days == 0 || others == 0 {
		t.Errorf("%d days and %d others: nothing was tried", days, others)
	}
}

func TestWhySaysWhatSpokeForANumber(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, number, why string }{
		{"the date alone is enough, for numbers without modulus 11 are valid", "2512489996", "2512489996", "date"},
		{"modulus 11 raises the confidence", "0202800009", "0202800009", "date mod11"},
		{"a number of 1 January needs no modulus 11", "0101585019", "0101585019", "date mod11"},
		{"a dash and a word do, too", "CPR: 251248-9996", "2512489996", "date dash word"},
		{"an address speaks against it, its parameter for it", "https://sag.aau.example/?cpr=2512489996", "2512489996", "date word url"},
		{"full-width digits are given as ordinary ones", "２５１２４８－９９９６", "2512489996", "date dash"},
		{"a year in full must agree with the seventh digit", "25.12.1948-9996", "2512489996", "date dash"},
		{"modulus 11 outweighs a dashed order number", "Ordrenr. 020280-0009", "0202800009", "date mod11 dash"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := cpr.Find(c.text)
			if len(got) != 1 || got[0].Number != c.number || got[0].Why != c.why {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestPositionsAreBytes(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "æøå ", "😀 ", "\xff\xfe ", "\u200b", "第 "} {
		text := before + "251248-9996 og 010858-9995"
		got := cpr.Find(text)
		if len(got) != 2 || text[got[0].Start:got[0].End] != "251248-9996" || text[got[1].Start:got[1].End] != "010858-9995" {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestMaskingUncoversNothing(t *testing.T) {
	t.Parallel()
	// Each number stands in the way of the next: masking one pass at a time would need as many passes as there are numbers.
	chain := strings.Repeat("251248 9996 ", 50) + strings.Repeat("25 12 48 9996 ", 50)
	if masked := cpr.Mask(chain); cpr.Contains(masked) || strings.ContainsAny(masked, "1248") {
		t.Errorf("got %q", masked)
	}
}

func TestATextOfMegabytesIsReadOnce(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"1", "1 ", "cpr 1 1 1 1 ", "251248-", "2512489996x", "nr nr nr faktura: 2512489996 ", "1\u200b"} {
		small, large := strings.Repeat(piece, 20_000/len(piece)), strings.Repeat(piece, 200_000/len(piece))
		if few, many := cpr.Reads(small), cpr.Reads(large); many > few*101/10 || many > 150*len(large) {
			t.Errorf("%q: %d reads of %d bytes, %d of %d", piece, few, len(small), many, len(large))
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, name := range []string{"with.json", "without.json"} {
		for _, v := range vectors(f, name) {
			f.Add(v.Text)
		}
	}
	f.Add("251248\xff9996\xf0\x9f 010858-9995")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, m := range cpr.Find(text) {
			if m.Start < last || m.End <= m.Start || m.End > len(text) {
				t.Fatalf("%d:%d of %d bytes, after %d", m.Start, m.End, len(text), last)
			}
			if len(m.Number) != 10 || strings.Trim(m.Number, "0123456789") != "" {
				t.Fatalf("%q is no number of ten digits", m.Number)
			}
			last = m.End
		}
		if cpr.Contains(text) != (last > 0) {
			t.Fatal("Contains and Find disagree")
		}
		masked := cpr.Mask(text)
		if cpr.Contains(masked) {
			t.Fatalf("masked, and there is one still: %q", masked)
		}
		if cpr.Mask(masked) != masked {
			t.Fatalf("masking twice differs: %q", masked)
		}
		if last == 0 && masked != text {
			t.Fatalf("nothing to mask, and changed: %q", masked)
		}
	})
}
