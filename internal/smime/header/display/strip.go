package display

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// NewStripper passes a MIME entity on to w without the elements of its main text parts that are marked to have one
// (RFC 9788 §4.5.3): an element of exactly the shape that the RFC shows, at its place. What looks otherwise stays and is
// seen twice, which is better than a stranger's way to hide the first lines of a mail. The mark goes with the element.
//
// It is for what came out of an encryption with header protection; elsewhere the mark means nothing (§4.5.3.1).
func NewStripper(w io.Writer) io.WriteCloser {
	// Twice as far as NewWriter looks: its element may begin at the end of there.
	return &walker{w: w, window: 2 * maxWindow, change: func(p *part, body []byte) (header, start []byte) {
		if !p.marked {
			return p.header, body
		}
		text, at := p.encoding.decode(body)
		find := plainEnd
		from := 0
		if p.html {
			from, find = afterBodyTag(text), htmlEnd
		}
		if from == 0 && strings.HasPrefix(string(text), byteOrderMark) {
			from = len(byteOrderMark)
		}
		length := find(text[from:])
		if length == 0 {
			return p.header, body
		}
		// Of base64 a multiple of three octets must go. Of a foreign element one or two white ones may have to stay.
		stays := [...]string{"", " ", "\r\n"}[length%p.encoding.unit()]
		return p.unmarked(), p.encoding.splice(body, text, at, from, from+length, stays, p.eol)
	}}
}

// plainEnd is the length of the element at the start of a text: user-facing fields, folded or not, and an empty line.
func plainEnd(text []byte) int {
	length := 0
	for line := range bytes.Lines(text) {
		length += len(line)
		content, whole := bytes.CutSuffix(line, []byte("\n"))
		content = bytes.TrimSuffix(content, []byte("\r"))
		switch {
		case !whole:
			return 0
		case len(content) == 0:
			if length == len(line) {
				return 0 // the text begins with an empty line
			}
			return length
		case content[0] == ' ' || content[0] == '\t':
			if length == len(line) {
				return 0
			}
		case !isShown(content):
			return 0
		}
	}
	return 0
}

func isShown(line []byte) bool {
	name, _, found := strings.Cut(string(line), ":")
	return found && slices.ContainsFunc(userFacingNames, func(known string) bool { return strings.EqualFold(name, known) })
}

// htmlEnd is the length of the element at the start of a body, with the white space before it and one line end after it.
func htmlEnd(text []byte) int {
	rest := text
	for _, step := range []string{divOpens, preOpens, preCloses, divCloses} {
		if step == preCloses {
			tag := bytes.IndexByte(rest, '<')
			if tag < 0 {
				return 0
			}
			rest = rest[tag:]
		} else {
			rest = bytes.TrimLeft(rest, " \t\r\n")
		}
		after, found := bytes.CutPrefix(rest, []byte(step))
		if !found {
			return 0
		}
		rest = after
	}
	rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("\r")), []byte("\n"))
	return len(text) - len(rest)
}
