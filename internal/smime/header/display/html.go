package display

import "bytes"

// afterBodyTag is where the document's text begins: after <body …>, or 0 where the text shows none. A program puts what
// stands before <html> into the body all the same.
//
// Comments, styles and scripts are passed over: <body> is only a word in there.
func afterBodyTag(text []byte) int {
	lower := asciiLower(text)
	for at := 0; ; {
		next := bytes.IndexByte(lower[at:], '<')
		if next < 0 {
			return 0
		}
		at += next
		skip := ""
		switch {
		case bytes.HasPrefix(lower[at:], []byte("<!--")):
			skip = "-->"
		case isTag(lower[at:], "style"), isTag(lower[at:], "script"), isTag(lower[at:], "title"):
			skip = "</"
		case isTag(lower[at:], "body"):
			return tagEnd(lower, at)
		}
		at++
		if skip == "" {
			continue
		}
		closes := bytes.Index(lower[at:], []byte(skip))
		if closes < 0 {
			return 0
		}
		at += closes
	}
}

func isTag(lower []byte, name string) bool {
	rest, found := bytes.CutPrefix(lower, []byte("<"+name))
	return found && len(rest) > 0 && bytes.IndexByte([]byte(" \t\r\n/>"), rest[0]) >= 0
}

// tagEnd is after the tag's ">", which an attribute in quotes may hold too; 0 where it is not in sight.
func tagEnd(text []byte, at int) int {
	var quote byte
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return 0
}

// asciiLower keeps every octet where it is, which bytes.ToLower does not.
func asciiLower(b []byte) []byte {
	lower := bytes.Clone(b)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return lower
}
