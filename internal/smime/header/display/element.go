package display

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Line is a header field as a person reads it: RFC 2047 words decoded, not folded.
type Line struct{ Name, Text string }

// maxElement bounds what stands before the text: a subject, not a list of five hundred recipients.
const maxElement = 4 << 10

// maxParts: a text has two or three forms. A multipart/alternative of thousands would make a mail grow without end.
const maxParts = 8

// userFacingNames are the fields of RFC 9787 §1.1.2, the subject first: it is what the reader misses.
var userFacingNames = []string{
	"Subject", "From", "To", "Cc", "Date", "Reply-To", "Followup-To", "Sender",
	"Resent-From", "Resent-To", "Resent-Cc", "Resent-Date", "Resent-Sender",
}

// NewWriter passes a MIME entity on to w, and begins its main text parts with the lines that are for people to see. A part
// that cannot hold them in its character set and encoding is left without. A mark that was there is taken away.
//
// The entity's header and the beginning of one text are held; Close writes them, and does not close w.
func NewWriter(w io.Writer, lines []Line) io.WriteCloser {
	shown := choose(lines)
	left := maxParts
	return &walker{w: w, window: maxWindow, change: func(p *part, body []byte) (header, start []byte) {
		if len(shown) > 0 && left > 0 {
			// An open comment, say, would swallow the mark, and then nobody would take the element away.
			head := p.withMark()
			if out, ok := decorate(p, body, shown); ok && parsePart(head).marked {
				left--
				return head, out
			}
		}
		return p.unmarked(), body
	}}
}

// choose sorts the lines and makes each of them one line. A decoded text may hold line ends and controls, with which a
// subject could end the element early.
func choose(lines []Line) []Line {
	var shown []Line
	size := 0
	for _, name := range userFacingNames {
		for _, l := range lines {
			text := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(l.Text, "\uFFFD"), func(r rune) bool {
				return unicode.IsSpace(r) || unicode.IsControl(r)
			}), " ")
			if !strings.EqualFold(l.Name, name) || text == "" || size+len(text) > maxElement {
				continue
			}
			size += len(text)
			shown = append(shown, Line{name, text})
		}
	}
	return shown
}

func decorate(p *part, body []byte, lines []Line) ([]byte, bool) {
	text, at := p.encoding.decode(body)
	place, element := 0, plainElement
	if p.html {
		place, element = afterBodyTag(text), htmlElement
	}
	if strings.HasPrefix(string(text), byteOrderMark) {
		place = max(place, len(byteOrderMark))
	}
	insert := element(lines, "")
	if over := len(insert) % p.encoding.unit(); over != 0 {
		insert = element(lines, strings.Repeat(" ", p.encoding.unit()-over))
	}
	if !isASCII(insert) && (!p.utf8 || !p.eight) {
		return nil, false
	}
	return p.encoding.splice(body, text, at, place, place, insert, p.eol), true
}

const byteOrderMark = "\xef\xbb\xbf"

// plainElement is RFC 9788 §5.2.2. The padding stands where it cannot end a line: format=flowed gives a meaning to that
// (RFC 3676 §4.1).
func plainElement(lines []Line, padding string) string {
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(l.Name + ": " + padding + l.Text + "\r\n")
		padding = ""
	}
	return out.String() + "\r\n"
}

const (
	divOpens  = `<div class="header-protection-legacy-display">`
	preOpens  = "<pre>"
	preCloses = "</pre>"
	divCloses = "</div>"
)

// htmlElement is RFC 9788 §5.2.3. Letters beyond ASCII are references, which are right in every character set.
func htmlElement(lines []Line, padding string) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.Name + ": " + references(l.Text)
	}
	return divOpens + "\r\n" + preOpens + strings.Join(texts, "\r\n") + preCloses + padding + "\r\n" + divCloses + "\r\n"
}

func references(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r >= 0x80 || strings.ContainsRune(`&<>"'`, r) {
			fmt.Fprintf(&out, "&#%d;", r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

func isASCII(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c >= 0x80 })
}
