package cpr

// value is the digit that c is, or -1: ASCII, Arabic-Indic, extended Arabic-Indic and full-width ones.
func value(c uint16) int {
	for _, zero := range [...]uint16{'0', 0x660, 0x6F0, 0xFF10} {
		if c >= zero && c <= zero+9 {
			return int(c - zero)
		}
	}
	return -1
}

func isDigit(c uint16) bool { return value(c) >= 0 }

// isUnseen says of soft hyphens, zero-width characters and direction marks that they do not part digits: nobody sees them.
func isUnseen(c uint16) bool {
	return c == 0xAD || c >= 0x200B && c <= 0x200F || c >= 0x202A && c <= 0x202E || c >= 0x2060 && c <= 0x206F || c == 0xFEFF
}

func isSpace(c uint16) bool {
	return c == ' ' || c == '\t' || c == 0xA0 || c == 0x1680 || c >= 0x2000 && c <= 0x200A || c == 0x202F || c == 0x205F || c == 0x3000
}

func isNewline(c uint16) bool {
	return c >= '\n' && c <= '\r' || c == 0x85 || c == 0x2028 || c == 0x2029
}

func isDash(c uint16) bool {
	return c == '-' || c >= 0x2010 && c <= 0x2015 || c == 0x2043 || c == 0x2212 || c == 0xFE58 || c == 0xFE63 || c == 0xFF0D
}

func isDot(c uint16) bool { return c == '.' || c == 0xB7 || c == 0x2024 || c == 0xFF0E }

// isLetter is coarse, for it must be the same in two languages: alphabets, but no ideographs, which are written without spaces.
func isLetter(c uint16) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 || c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7 && !isDigit(c) && !isSpace(c)
}

func lower(c uint16) uint16 {
	if c >= 'A' && c <= 'Z' || c >= 0xC0 && c <= 0xDE && c != 0xD7 {
		return c + 0x20
	}
	return c
}

// gap is what stands between two groups of digits.
type gap int

const (
	noGap gap = iota
	spaceGap
	dashGap
	dotGap
	slashGap
	underscoreGap
)

func mark(c uint16) gap {
	switch {
	case isDash(c):
		return dashGap
	case isDot(c):
		return dotGap
	case c == '/' || c == 0xFF0F:
		return slashGap
	case c == '_':
		return underscoreGap
	}
	return noGap
}
