package draft

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText is the text alternative for a mail that has only HTML: readable, not faithful. It uses the tokenizer alone, so
// that no nesting however deep costs memory or time; scripts, styles and the head give nothing. It is never longer than
// the HTML by more than the line breaks and dashes that stand for tags.
func plainText(page string) string {
	p := plain{invisible: strings.NewReplacer("\u00a0", " ", "\u00ad", "", "\u200b", "", "\x00", "")}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				return "" // cannot be: reading a string does not fail, and no buffer limit is set
			}
			return p.String()
		case html.TextToken:
			if p.silent == 0 {
				p.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.start(z.Token())
		case html.EndTagToken:
			p.end(z.Token().DataAtom)
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

type plain struct {
	out    strings.Builder
	silent atom.Atom // the element whose content is not text, until its end tag
	breaks int       // line breaks owed before the next word
	space  bool      // a space owed before the next word
	href   string
	link   int // where the link's text started

	invisible *strings.Replacer
}

func (p *plain) String() string { return p.out.String() }

// text collapses white space as a browser does.
func (p *plain) text(s string) {
	s = p.invisible.Replace(s)
	for i, word := range strings.Fields(s) {
		if i > 0 || strings.TrimLeft(s, " \t\r\n\f") != s {
			p.space = true
		}
		p.word(word)
	}
	if strings.TrimRight(s, " \t\r\n\f") != s {
		p.space = true
	}
}

func (p *plain) word(s string) {
	switch {
	case p.out.Len() == 0:
	case p.breaks > 0:
		p.out.WriteString(strings.Repeat("\n", p.breaks))
	case p.space:
		p.out.WriteByte(' ')
	}
	p.breaks, p.space = 0, false
	p.out.WriteString(s)
}

// block ends a line; gap leaves an empty one. Two in a row are one.
func (p *plain) block() { p.breaks = max(p.breaks, 1) }
func (p *plain) gap()   { p.breaks = 2 }

func (p *plain) start(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		// <body> ends a head that nobody closed: see below. A self-closing <script/> is an open one in HTML.
		if p.silent == 0 {
			p.silent = t.DataAtom
		}
		return
	case atom.Body:
		if p.silent == atom.Head {
			p.silent = 0
		}
	}
	if p.silent != 0 {
		return
	}
	switch t.DataAtom {
	case atom.Br:
		p.breaks = min(p.breaks+1, 2)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Table, atom.Ul, atom.Ol, atom.Pre:
		p.gap()
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dt, atom.Dd:
		p.block()
	case atom.Li:
		p.block()
		p.word("-")
		p.space = true
	case atom.Td, atom.Th:
		p.space = true
	case atom.Hr:
		p.block()
		p.word("-----")
		p.block()
	case atom.Img:
		if alt := strings.TrimSpace(attribute(t, "alt")); alt != "" {
			p.text(" [" + alt + "] ")
		}
	case atom.A:
		p.href, p.link = attribute(t, "href"), p.out.Len()
	}
}

func (p *plain) end(a atom.Atom) {
	if p.silent != 0 {
		if a == p.silent || a == atom.Html {
			p.silent = 0
		}
		return
	}
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Table, atom.Ul, atom.Ol, atom.Pre:
		p.gap()
	case atom.Div, atom.Tr, atom.Li, atom.Section, atom.Article, atom.Header, atom.Footer:
		p.block()
	case atom.A:
		p.target()
	}
}

// target writes where a link leads, where its text does not say so.
func (p *plain) target() {
	href := p.href
	if p.href = ""; href == "" {
		return
	}
	shown := strings.TrimPrefix(strings.TrimSpace(p.out.String()[min(p.link, p.out.Len()):]), "mailto:")
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if bare, found := strings.CutPrefix(href, scheme); found && shown != href && shown != bare && shown+"/" != bare {
			p.text(" <" + href + ">")
			return
		}
	}
}

func attribute(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
