package setup

import (
	"fmt"
	"strings"
	"unicode"
)

// powershell gives s as an expression that is nothing but that text, in ASCII on one line. In single quotes PowerShell takes everything for
// itself but a quote, and it knows five of them (U+2018 to U+201B beside the apostrophe): whatever is not a plain character is written by its number.
// Windows PowerShell reads a file without a mark as the machine's code page, where a byte of some letter may be such a quote.
func powershell(s string) string {
	var parts []string
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, "'"+plain.String()+"'")
			plain.Reset()
		}
	}
	for _, r := range s {
		switch {
		case isPlain(r):
			plain.WriteRune(r)
		case r < 0x10000:
			flush()
			parts = append(parts, fmt.Sprintf("[string][char]0x%04X", r))
		default:
			flush()
			parts = append(parts, fmt.Sprintf("[char]::ConvertFromUtf32(0x%X)", r))
		}
	}
	flush()
	switch len(parts) {
	case 0:
		return "''"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, " + ") + ")"
}

// isPlain is what means nothing anywhere in a script. $ and ` mean nothing in single quotes, and are written by number all the same: whoever
// copies a value out of them is not surprised.
func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" .,:/@_-+()=!?", r)
}

// list gives an array of them.
func list(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = powershell(v)
	}
	return "@(" + strings.Join(quoted, ", ") + ")"
}

// yaml gives s as a double-quoted YAML scalar (YAML 1.2, section 7.3.1), whatever is no letter in any script by its number (section 5.7).
func yaml(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r >= 0x20 && r < 0x7f || unicode.IsLetter(r) && r < 0x10000:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
