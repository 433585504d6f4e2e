package cpr

// costBefore is what stands directly before a number and says that it is something else.
func (s *scanner) costBefore(sh shape, said bool) int {
	c := s.at(sh.start - 1)
	cost := 0
	switch {
	case isLetter(c) && !said && !s.isNumberWord(sh.start):
		cost = besideLetter(sh, strong)
	case c == '#' || c == '$' || c == 0xA3 || c == 0x20AC: // a ticket, £, €
		cost = weak
	case isDash(c) && isDigit(s.at(sh.start-2)):
		cost = s.joint(sh, s.digitsBefore(sh.start-1))
	case (isDot(c) || c == '/') && isDigit(s.at(sh.start-2)) && (sh.form == parts || sh.form == full):
		cost = firm
	case (c == ',' || isDot(c)) && sh.form == bare && isDigit(s.at(sh.start-2)) && s.digitsBefore(sh.start-1) < longRun:
		cost = strong // a decimal
	}
	if s.isPhone(sh.start) {
		cost += strong
	}
	return cost
}

// costAfter is the same behind it.
func (s *scanner) costAfter(sh shape, said bool) int {
	c := s.at(sh.end)
	cost := 0
	switch {
	case isLetter(c) && !said:
		cost = besideLetter(sh, weak)
	case c == '%':
		cost = weak
	case isDash(c) && isDigit(s.at(sh.end+1)):
		cost = s.joint(sh, s.digitsAfter(sh.end+1))
	case (c == ',' || c == '.') && sh.serial != dashGap && s.isCents(sh.end+1):
		cost = strong
	}
	if s.isUnit(sh.end) {
		cost += weak
	}
	return cost
}

// besideLetter is what a letter costs: ten bare digits in a word are an identifier, but words that lost their spaces, as cells of a
// table do, say little against a dash.
func besideLetter(sh shape, bareCost int) int {
	switch {
	case sh.serial == dashGap:
		return slight
	case sh.form == bare:
		return bareCost
	}
	return weak
}

// longRun is how many digits stand in a number of its own, as in a list without spaces.
const longRun = 8

// joint is what a dash to more digits costs, unless those are a number of their own.
func (s *scanner) joint(sh shape, neighbour int) int {
	switch {
	case neighbour >= longRun:
		return 0
	case sh.form == bare || sh.form == loose:
		return weak
	}
	return firm
}

func (s *scanner) digitsBefore(i int) int {
	n := 0
	for n < longRun && isDigit(s.at(i-1-n)) {
		n++
	}
	return n
}

func (s *scanner) digitsAfter(i int) int {
	n := 0
	for n < longRun && isDigit(s.at(i+n)) {
		n++
	}
	return n
}

// isCents says that exactly two digits end the amount.
func (s *scanner) isCents(i int) bool {
	c := s.at(i + 2)
	return s.digitsAfter(i) == 2 && ((c != ',' && c != '.') || !isDigit(s.at(i+3)))
}

// crowd is what neighbours cost where spaces alone hold the number together: it may be the middle of a longer one.
func (s *scanner) crowd(sh shape) int {
	if sh.serial != spaceGap || sh.form == loose {
		return 0
	}
	before := isSpace(s.at(sh.start-1)) && isDigit(s.at(sh.start-2))
	after := isSpace(s.at(sh.end)) && isDigit(s.at(sh.end+1))
	switch {
	case sh.spaced && (before || after):
		return weak
	case before && after:
		return slight
	}
	return 0
}

// isPhone sees a plus directly before the number or before its country code: +2512489996, (+1) 251248 9996.
func (s *scanner) isPhone(start int) bool {
	i := start - 1
	for n := 0; n < 3 && (isSpace(s.at(i)) || isDash(s.at(i)) || s.at(i) == ')'); n++ {
		i--
	}
	for n := 0; n < 3 && isDigit(s.at(i)); n++ {
		i--
	}
	return s.at(i) == '+'
}

// uuidMost is the length of a UUID, 8-4-4-4-12 hexadecimal digits.
const uuidMost = 36

func (s *scanner) isUUID(sh shape) bool {
	first, last := sh.start, sh.end
	for first > sh.start-uuidMost && isHexOrDash(s.at(first-1)) {
		first--
	}
	for last < sh.end+uuidMost && isHexOrDash(s.at(last)) {
		last++
	}
	if last-first != uuidMost {
		return false
	}
	for i := range uuidMost {
		if (s.at(first+i) == '-') != (i == 8 || i == 13 || i == 18 || i == 23) {
			return false
		}
	}
	return true
}

func isHexOrDash(c uint16) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' && c < 0x80 || c == '-'
}
