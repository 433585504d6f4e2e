package display

import "strings"

// WithParameter is the value of a Content-Type with one more parameter, on a line of its own.
func WithParameter(contentType, name, value, eol string) string {
	return strings.TrimRight(contentType, "; \t\r\n") + ";" + eol + " " + name + `="` + value + `"`
}

// WithoutParameter is the value of a Content-Type, as it stands in the field, without a parameter; all else keeps its octets.
// The forms of RFC 2231 (name*, name*0) go with it, because readers join them.
func WithoutParameter(contentType, name string) string {
	var kept strings.Builder
	for first := true; contentType != ""; first = false {
		end := segment(contentType)
		piece := contentType[:end]
		contentType = contentType[end:]
		attribute, _, _ := strings.Cut(WithoutComments(piece), "=")
		attribute, _, _ = strings.Cut(strings.TrimLeft(attribute, ";"), "*")
		if first || !strings.EqualFold(strings.TrimSpace(attribute), name) {
			kept.WriteString(piece)
		}
	}
	return kept.String()
}

// WithoutComments is a Content-Type that mime.ParseMediaType can read: it knows no comments (RFC 2045 §5.1 allows them).
func WithoutComments(contentType string) string {
	var kept strings.Builder
	scan(contentType, func(c byte, place place) bool {
		if place != inComment {
			kept.WriteByte(c)
		}
		return true
	})
	return kept.String()
}

// segment is where the next parameter's semicolon stands, after the first octet. Quoted strings and comments may hold more.
func segment(s string) int {
	end, at := len(s), -1
	scan(s, func(c byte, place place) bool {
		if at++; c == ';' && place == outside && at > 0 {
			end = at
		}
		return end == len(s)
	})
	return end
}

type place int

const (
	outside place = iota
	inQuotes
	inComment
)

// scan tells of every octet where it stands; the marks of a quoted string and of a comment are in it.
func scan(s string, each func(c byte, place place) bool) {
	now, depth := outside, 0
	for i := 0; i < len(s); i++ {
		c, here := s[i], now
		switch {
		case c == '\\' && now != outside && i+1 < len(s):
			if !each(c, here) {
				return
			}
			i++
			c = s[i]
		case now == inQuotes && c == '"':
			now = outside
		case now == outside && c == '"':
			now, here = inQuotes, inQuotes
		case now != inQuotes && c == '(':
			depth++
			now, here = inComment, inComment
		case now == inComment && c == ')':
			if depth--; depth == 0 {
				now = outside
			}
		}
		if !each(c, here) {
			return
		}
	}
}
