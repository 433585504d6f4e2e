package cpr

// form is how a number is written.
type form int

const (
	bare   form = iota // 2512489996
	short              // 251248-9996
	parts              // 25.12.48-9996
	full               // 25.12.1948-9996, 25121948-9996
	joined             // 251219489996
	loose              // 2512 48 99 96 and 5.12.48-9996: only after a word such as "cpr"
)

// shape is something written like a CPR number.
type shape struct {
	form       form
	start, end int
	digits     string // ten
	year       string // four digits where they are written
	serial     gap    // what stands before the last four digits
	spaced     bool   // the parts of the date stand apart by spaces alone
}

// A group is digits with nothing visible between them.
type group struct {
	end    int
	digits string
}

// digitsMost is the longest group that can be a CPR number, with a year of four digits.
const digitsMost = 12

// group reads the digits at i; a longer group than a CPR number's is none.
func (s *scanner) group(i int) (group, bool) {
	var digits [digitsMost]byte
	n, end := 0, i
	for {
		v := value(s.at(i))
		if v < 0 {
			next := s.afterUnseen(i)
			if next == i || !isDigit(s.at(next)) {
				return group{end: end, digits: string(digits[:n])}, n > 0
			}
			i = next
			continue
		}
		if n == digitsMost {
			return group{}, false
		}
		digits[n] = byte('0' + v)
		n++
		i++
		end = i
	}
}

// gapMost and spacesMost bound what may stand between two groups; wider apart they are two numbers, as in a table.
const (
	gapMost    = 6
	spacesMost = 3
)

// gap reads what stands between two groups and where the second begins. A line may be broken after a dash only, and a reply
// puts > before each line.
func (s *scanner) gap(i int) (gap, int) {
	kind, marks, seen, broken := noGap, 0, 0, false
	for range gapMost + unseenMost {
		c := s.at(i)
		switch {
		case isDigit(c):
			switch {
			case kind != noGap:
				return kind, i
			case seen > 0 && seen <= spacesMost:
				return spaceGap, i
			}
			return noGap, i
		case isUnseen(c):
			seen--
		case isSpace(c) || broken && c == '>':
		case isNewline(c) && kind == dashGap:
			broken = true
		default:
			m := mark(c)
			marks++
			if m == noGap || kind != noGap && m != kind || marks > 2 {
				return noGap, i
			}
			kind = m
		}
		seen++
		if seen > gapMost {
			return noGap, i
		}
		i++
	}
	return noGap, i
}

// after reads the gap and the group that follow a group.
func (s *scanner) after(g group) (gap, group, bool) {
	kind, i := s.gap(g.end)
	if kind == noGap {
		return noGap, group{}, false
	}
	next, ok := s.group(i)
	return kind, next, ok
}

// shape reads what begins with the digit at i.
func (s *scanner) shape(i int) (shape, bool) {
	g, ok := s.group(i)
	if !ok {
		return shape{}, false
	}
	switch len(g.digits) {
	case 10:
		return shape{form: bare, start: i, end: g.end, digits: g.digits}, true
	case 12:
		return shape{form: joined, start: i, end: g.end, digits: g.digits[:4] + g.digits[6:], year: g.digits[4:8]}, true
	case 6, 8:
		if kind, serial, ok := s.after(g); ok && len(serial.digits) == 4 {
			sh := shape{form: short, start: i, end: serial.end, digits: g.digits + serial.digits, serial: kind}
			if len(g.digits) == 8 {
				sh.form, sh.digits, sh.year = full, g.digits[:4]+g.digits[6:]+serial.digits, g.digits[4:]
			}
			return sh, true
		}
	case 1, 2:
		if sh, ok := s.parts(i, g); ok {
			return sh, true
		}
	}
	if i-s.word > near {
		return shape{}, false
	}
	return s.loose(i, g)
}

func (s *scanner) parts(i int, day group) (shape, bool) {
	first, month, ok := s.after(day)
	if !ok || len(month.digits) > 2 {
		return shape{}, false
	}
	second, year, ok := s.after(month)
	if !ok || len(year.digits) != 2 && len(year.digits) != 4 {
		return shape{}, false
	}
	third, serial, ok := s.after(year)
	if !ok || len(serial.digits) != 4 {
		return shape{}, false
	}
	sh := shape{form: parts, start: i, end: serial.end, serial: third, spaced: first == spaceGap && second == spaceGap}
	if len(year.digits) == 4 {
		sh.form, sh.year = full, year.digits
	}
	if len(day.digits) == 1 || len(month.digits) == 1 {
		sh.form = loose
	}
	sh.digits = two(day.digits) + two(month.digits) + year.digits[len(year.digits)-2:] + serial.digits
	return sh, true
}

func two(digits string) string {
	if len(digits) == 1 {
		return "0" + digits
	}
	return digits
}

// loose reads ten digits in whatever groups.
func (s *scanner) loose(i int, g group) (shape, bool) {
	digits := g.digits
	for len(digits) < 10 {
		_, next, ok := s.after(g)
		if !ok {
			return shape{}, false
		}
		g = next
		digits += g.digits
	}
	return shape{form: loose, start: i, end: g.end, digits: digits}, len(digits) == 10
}
