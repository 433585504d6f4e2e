package cpr

// found is a Match in UTF-16 positions.
type found struct {
	start, end  int
	number, why string
}

// near is how far before a number, in UTF-16 units, a word such as "cpr" speaks for it.
const near = 40

// scanner goes through a text once. Everything it looks at from one place is within a constant distance of it: that is what
// makes it linear.
type scanner struct {
	text text
	size int
	word int  // where the last word such as "cpr" began
	url  bool // inside an address such as https://…
}

// scan gives every CPR number to yield, until that says false.
func scan(t text, yield func(found) bool) {
	s := &scanner{text: t, size: t.size(), word: -near - 1}
	for i := 0; i < s.size; {
		if !isDigit(s.at(i)) {
			s.pass(i)
			i++
			continue
		}
		s.identifier(i)
		if f, ok := s.number(i); ok {
			if !yield(f) {
				return
			}
			i = f.end
			continue
		}
		i = s.afterDigits(i)
	}
}

// at gives NUL outside the text: it is of no class.
func (s *scanner) at(i int) uint16 {
	if i < 0 || i >= s.size {
		return 0
	}
	return s.text.at(i)
}

// pass keeps in mind what stands before the next number.
func (s *scanner) pass(i int) {
	c := s.at(i)
	switch {
	case isSpace(c) || isNewline(c) || c == '<' || c == '>' || c == '"':
		s.url = false
	case c == ':' && s.at(i+1) == '/' && s.at(i+2) == '/':
		s.url = true
	case s.starts(i, "www.") && !isLetter(s.at(i-1)):
		s.url = true
	case s.isWord(i):
		s.word = i
	}
}

// isWord says whether a word begins here that a CPR number may follow; also in the middle of another, as in "mitcprnr".
func (s *scanner) isWord(i int) bool {
	switch lower(s.at(i)) {
	case 'c':
		return s.starts(i, "cpr") || s.starts(i, "c.p.r") || s.starts(i, "civil reg")
	case 'p':
		return s.starts(i, "personn") || s.starts(i, "person-n") || s.starts(i, "person nr") || s.starts(i, "personal id")
	case 'f':
		return s.starts(i, "fødselsn")
	}
	return false
}

// identifier knows a DOI, 10.1145/2512489996, which is an address too.
func (s *scanner) identifier(i int) {
	if s.at(i) != '1' || s.at(i+1) != '0' || s.at(i+2) != '.' || isDigit(s.at(i-1)) {
		return
	}
	n := i + 3
	for n < i+8 && isDigit(s.at(n)) {
		n++
	}
	if n >= i+7 && s.at(n) == '/' {
		s.url = true
	}
}

// starts compares with a word in lower case.
func (s *scanner) starts(i int, word string) bool {
	for _, r := range word {
		if lower(s.at(i)) != uint16(r) {
			return false
		}
		i++
	}
	return true
}

// afterDigits passes over the whole run of digits, however long.
func (s *scanner) afterDigits(i int) int {
	for {
		for i < s.size && isDigit(s.at(i)) {
			i++
		}
		next := s.afterUnseen(i)
		if next == i || !isDigit(s.at(next)) {
			return i
		}
		i = next
	}
}

// unseenMost bounds how many invisible characters in a row are looked past.
const unseenMost = 8

func (s *scanner) afterUnseen(i int) int {
	for n := 0; n < unseenMost && isUnseen(s.at(i)); n++ {
		i++
	}
	return i
}
