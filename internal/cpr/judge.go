package cpr

import "strings"

// The weights. Enough is what a shape with a real date has by itself; each sign for or against moves it. A dash makes up for one
// weak sign against it, modulus 11 for another, and a word such as "cpr" for anything but two strong ones.
const (
	enough     = 3
	unlikely   = 2 // a full year before a space, as in "31.12.2026 5000 kr."
	rare       = 1 // twelve digits
	mod11Worth = 2
	dashWorth  = 2
	wordWorth  = 4
	slight     = 1
	weak       = 2
	firm       = 3
	strong     = 4
)

// number reads and judges what begins with the digit at i.
func (s *scanner) number(i int) (found, bool) {
	sh, ok := s.shape(i)
	if !ok || !isDate(sh.digits, sh.year) {
		return found{}, false
	}
	why := []string{"date"}
	score := worth(sh)
	// The numbers without modulus 11 that the CPR office tells of are of 1 January: there its absence says nothing at all.
	if isMod11(sh.digits) || strings.HasPrefix(sh.digits, "0101") {
		score += mod11Worth
		why = append(why, "mod11")
	}
	if sh.serial == dashGap {
		score += dashWorth
		why = append(why, "dash")
	}
	label := s.labelBefore(sh)
	said := sh.start-s.word <= near
	if said || label == noLabel && s.wordAfter(sh.end) {
		score += wordWorth
		why = append(why, "word")
	}
	score -= label.cost(sh)
	if s.url {
		score -= weak
		why = append(why, "url")
	}
	score -= s.costBefore(sh, said) + s.costAfter(sh, said) + s.crowd(sh)
	if score < enough || s.isUUID(sh) {
		return found{}, false
	}
	return found{start: sh.start, end: sh.end, number: sh.digits, why: strings.Join(why, " ")}, true
}

func worth(sh shape) int {
	switch {
	case sh.form == loose:
		return 0
	case sh.form == joined:
		return rare
	case sh.form == full && sh.serial != dashGap:
		return unlikely
	}
	return enough
}

// isDate says whether the first seven digits are a day of the calendar, by the CPR office's rule of the seventh digit; a year that
// is written out must agree. There is no "not in the future": it would need a clock, and spare few alarms.
func isDate(digits, written string) bool {
	day, month, yy := pair(digits, 0), pair(digits, 2), pair(digits, 4)
	century := 1900
	switch seventh := digits[6]; {
	case (seventh == '4' || seventh == '9') && yy <= 36, seventh >= '5' && seventh <= '8' && yy <= 57:
		century = 2000
	case seventh >= '5' && seventh <= '8':
		century = 1800
	}
	year := century + yy
	if written != "" && pair(written, 0)*100+pair(written, 2) != year {
		return false
	}
	return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year)
}

func pair(digits string, i int) int { return int(digits[i]-'0')*10 + int(digits[i+1]-'0') }

func daysIn(month, year int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

func isMod11(digits string) bool {
	const weights = "4327654321"
	sum := 0
	for i := range weights {
		sum += int(weights[i]-'0') * int(digits[i]-'0')
	}
	return sum%11 == 0
}

// isMoment says whether the last four digits may be a time of day, and the rest its date.
func isMoment(sh shape) bool {
	return sh.serial == spaceGap && pair(sh.digits, 6) < 24 && pair(sh.digits, 8) < 60
}
