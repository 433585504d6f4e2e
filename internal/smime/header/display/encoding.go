package display

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
)

// encoding is a transfer encoding in which a piece of text can be put in or taken out without touching the rest.
type encoding interface {
	// decode gives the text as far as raw holds it whole, and where in raw each octet of it begins; at has one entry more,
	// the end.
	decode(raw []byte) (text []byte, at []int)
	// splice gives raw with text[a:b] replaced.
	splice(raw, text []byte, at []int, a, b int, insert, eol string) []byte
	// unit is what an insertion's length must be a multiple of.
	unit() int
}

// identity is 7bit, 8bit, and nothing.
type identity struct{}

func (identity) unit() int { return 1 }

func (identity) decode(raw []byte) (text []byte, at []int) { return raw, nil }

func (identity) splice(raw, _ []byte, _ []int, a, b int, insert, eol string) []byte {
	// On a line of its own, so that no line outgrows the 998 octets of RFC 5322 §2.1.1.
	if insert != "" && a > len(byteOrderMark) && raw[a-1] != '\n' {
		insert = eol + insert
	}
	return replace(raw, a, b, insert)
}

type quoted struct{}

func (quoted) unit() int { return 1 }

// decode is lenient as all readers are: what is no escape stands for itself. A last line without its end may stop within an
// escape, which is left out.
func (quoted) decode(raw []byte) (text []byte, at []int) {
	text, at = make([]byte, 0, len(raw)), make([]int, 0, len(raw)+1)
	end := 0
	for line := range bytes.Lines(raw) {
		from := end
		content := bytes.TrimRight(line, "\r\n")
		eol := line[len(content):]
		if end += len(line); len(eol) == 0 {
			if escape := bytes.LastIndexByte(content, '='); escape >= 0 && escape > len(content)-3 {
				content, end = content[:escape], from+escape
			}
		} else {
			content = bytes.TrimRight(content, " \t") // RFC 2045 §6.7 (3): padding of the transport
			if c, soft := bytes.CutSuffix(content, []byte("=")); soft {
				content, eol = c, nil
			}
		}
		for i := 0; i < len(content); i++ {
			at = append(at, from+i)
			if c, escaped := unescape(content[i:]); escaped {
				text = append(text, c)
				i += 2
			} else {
				text = append(text, content[i])
			}
		}
		for i, c := range eol {
			place := from + len(line) - len(eol) + i
			if i == 0 {
				place = from + len(content) // before the padding, which a soft line break behind it would make text
			}
			text, at = append(text, c), append(at, place)
		}
	}
	return text, append(at, end)
}

func unescape(s []byte) (byte, bool) {
	if len(s) < 3 || s[0] != '=' {
		return 0, false
	}
	high, low := unhex(s[1]), unhex(s[2])
	return byte(high<<4 | low&15), high >= 0 && low >= 0
}

// splice puts soft line breaks where the text goes on within a line.
func (quoted) splice(raw, _ []byte, at []int, a, b int, insert, eol string) []byte {
	from := at[a]
	var middle bytes.Buffer
	if from > 0 && raw[from-1] != '\n' {
		middle.WriteString("=" + eol)
	}
	w := quotedprintable.NewWriter(&middle)
	_, _ = w.Write([]byte(insert)) // a buffer does not fail
	_ = w.Close()
	return replace(raw, from, at[b], middle.String())
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

type base64Text struct{}

func (base64Text) unit() int { return 3 }

// decode stops before the quantum with padding: what comes after may be anything.
func (base64Text) decode(raw []byte) (text []byte, at []int) {
	var quantum []byte
	end := 0
	for i, c := range raw {
		if c == '=' {
			break
		}
		if c != '+' && c != '/' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			continue // RFC 2045 §6.8
		}
		if quantum = append(quantum, c); len(quantum) == 4 {
			text, _ = base64.StdEncoding.AppendDecode(text, quantum) // four letters of the alphabet
			quantum, end = quantum[:0], i+1
		}
	}
	return text, []int{end}
}

// splice writes what was decoded anew, in whole quanta, and lets the rest follow.
func (base64Text) splice(raw, text []byte, at []int, a, b int, insert, eol string) []byte {
	const columns = 76
	encoded := base64.StdEncoding.EncodeToString(replace(text, a, b, insert))
	var out []byte
	for len(encoded) > 0 {
		line := encoded[:min(columns, len(encoded))]
		encoded = encoded[len(line):]
		out = append(append(out, line...), eol...)
	}
	return append(out, bytes.TrimLeft(raw[at[0]:], " \t\r\n")...)
}

func replace(b []byte, from, to int, with string) []byte {
	out := make([]byte, 0, len(b)-(to-from)+len(with))
	return append(append(append(out, b[:from]...), with...), b[to:]...)
}
