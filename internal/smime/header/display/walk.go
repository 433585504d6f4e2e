package display

import (
	"bytes"
	"io"
)

const (
	// maxLine is the longest line that can be a delimiter: RFC 5322 §2.1.1 allows 998 octets and the line end. What is longer
	// passes in pieces.
	maxLine = 1000
	// maxPartHeader bounds what is held of a part's header; ours have four fields. A longer one passes unread.
	maxPartHeader = 64 << 10
	// maxWindow is how far into a text its beginning is looked for. Word writes up to some forty KiB of styles before <body>.
	maxWindow = 64 << 10
	// maxDepth: text stands in mixed/related/alternative, three deep; what is deeper passes unread.
	maxDepth = 8
)

// change is asked once for every main text part, and returns what is to be written instead of its header and the beginning
// of its body.
type change func(p *part, body []byte) (header, start []byte)

// walker passes a MIME entity through and stops at its main text parts (RFC 9787 §7.1): through every child of a
// multipart/alternative and the first one of mixed and related. It keeps no more than one level for every multipart it is in.
type walker struct {
	w      io.Writer
	change change
	window int // how much of a text change is to see
	levels []level
	state  state
	part   *part  // in the window
	held   []byte // the header, or the window
	line   []byte // what has come of the present line
	inside bool   // the present line's beginning has been taken already
	err    error
}

type level struct {
	delimiter   string // "--" and the boundary
	alternative bool
	parts       int
}

type state int

const (
	inHeader state = iota // of the entity, or of a main part
	inWindow              // the beginning of a main text part
	passing
)

func (k *walker) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && k.err == nil; {
		// The way of nearly all octets: a line that does not begin with a hyphen is no delimiter.
		if k.state == passing && len(k.line) == 0 && (k.inside || rest[0] != '-') {
			rest = k.pass(rest)
			continue
		}
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		end = min(end, maxLine-len(k.line))
		k.line = append(k.line, rest[:end]...)
		rest = rest[end:]
		if len(k.line) == maxLine || k.line[len(k.line)-1] == '\n' {
			k.take(false)
		}
	}
	if k.err != nil {
		return 0, k.err
	}
	return len(p), nil
}

// Close writes what is held. It does not close the writer beneath.
func (k *walker) Close() error {
	if len(k.line) > 0 {
		k.take(true)
	}
	k.flush()
	return k.err
}

// pass writes on up to the next line that begins with a hyphen, and returns the rest.
func (k *walker) pass(p []byte) []byte {
	n := len(p)
	if len(k.levels) > 0 {
		if at := bytes.Index(p, []byte("\n-")); at >= 0 {
			n = at + 1
		}
	}
	k.write(p[:n])
	k.inside = p[n-1] != '\n'
	return p[n:]
}

// take is for one line, or a piece of an overlong one.
func (k *walker) take(last bool) {
	start, whole := !k.inside, last || k.line[len(k.line)-1] == '\n'
	k.inside = !whole
	line := k.line
	k.line = k.line[:0]
	if start && whole {
		if n, closes := k.delimits(line); n >= 0 {
			k.flush()
			k.write(line)
			k.enter(n, closes)
			return
		}
	}
	switch k.state {
	case passing:
		k.write(line)
	case inHeader:
		k.held = append(k.held, line...)
		if start && blank(line) {
			k.headed()
		} else if len(k.held) > maxPartHeader {
			k.flush()
		}
	case inWindow:
		if k.held = append(k.held, line...); len(k.held) > k.window {
			k.flush()
		}
	}
}

// delimits finds which multipart the line is a delimiter of: an outer one ends those inside it, closed or not (RFC 2046 §5.1.2).
func (k *walker) delimits(line []byte) (n int, closes bool) {
	line = bytes.TrimRight(line, " \t\r\n") // RFC 2046 §5.1.1: transport padding
	for n := len(k.levels) - 1; n >= 0; n-- {
		if rest, found := bytes.CutPrefix(line, []byte(k.levels[n].delimiter)); found {
			if len(rest) == 0 {
				return n, false
			}
			if string(rest) == "--" {
				return n, true
			}
		}
	}
	return -1, false
}

func blank(line []byte) bool { return string(line) == "\r\n" || string(line) == "\n" }

// enter begins the part after a delimiter, or the epilogue.
func (k *walker) enter(n int, closes bool) {
	if k.state = passing; closes {
		k.levels = k.levels[:n]
		return
	}
	k.levels = k.levels[:n+1]
	l := &k.levels[n]
	l.parts++
	if l.alternative || l.parts == 1 {
		k.state = inHeader
	}
}

// headed decides by a complete header what becomes of its body.
func (k *walker) headed() {
	p := parsePart(k.held)
	switch {
	case p.delimiter != "" && len(k.levels) < maxDepth:
		k.levels = append(k.levels, level{delimiter: p.delimiter, alternative: p.alternative})
	case p.text:
		k.part, k.state = p, inWindow
		k.held = nil // the part keeps its header
		return
	}
	k.flush()
}

// flush writes what is held, changed if it is a text part, and lets the rest pass.
func (k *walker) flush() {
	if k.state == inWindow {
		header, start := k.change(k.part, k.held)
		k.write(header)
		k.write(start)
		k.part = nil
	} else {
		k.write(k.held)
	}
	k.held, k.state = k.held[:0], passing
}

func (k *walker) write(p []byte) {
	if k.err == nil && len(p) > 0 {
		_, k.err = k.w.Write(p)
	}
}
