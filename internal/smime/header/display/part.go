package display

import (
	"bytes"
	"mime"
	"slices"
	"strings"
)

// markName is the Content-Type parameter on a part that has an element (RFC 9788 §2.1.2); its only value is "1".
const markName = "hp-legacy-display"

// part is what the header of a MIME entity says.
type part struct {
	header   []byte // with the blank line
	from, to int    // where the Content-Type field stands; both at the end of the fields where there is none
	value    string // of Content-Type, as it stands
	eol      string

	delimiter   string // of a multipart that leads to a main part
	alternative bool
	text        bool // text/plain or text/html, not an attachment, in an encoding that can be spliced
	html        bool
	utf8        bool
	encoding    encoding
	eight       bool // octets above 127 are allowed
	marked      bool
}

// parsePart looks at the fields that matter; one that stands twice makes the part one that is left alone.
func parsePart(header []byte) *part {
	p := &part{header: header, eol: "\n"}
	if bytes.HasSuffix(header, []byte("\r\n")) {
		p.eol = "\r\n"
	}
	at := 0
	values := make(map[string]string)
	for field := range fields(header) {
		name, value, found := strings.Cut(string(field), ":")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		if _, twice := values[name]; !found || (twice && strings.HasPrefix(name, "content-")) {
			return p
		}
		values[name] = unfold(value)
		if name == "content-type" {
			p.from, p.to, p.value = at, at+len(field), strings.TrimRight(value, "\r\n")
		}
		at += len(field)
	}
	if p.to == 0 {
		p.from, p.to = at, at
	}
	p.understand(values)
	return p
}

func (p *part) understand(values map[string]string) {
	media, parameters := "text/plain", map[string]string{} // RFC 2045 §5.2
	if value, given := values["content-type"]; given {
		var err error
		if media, parameters, err = mime.ParseMediaType(WithoutComments(value)); err != nil {
			return
		}
	}
	switch media {
	case "multipart/alternative", "multipart/mixed", "multipart/related":
		p.alternative = media == "multipart/alternative"
		if b := parameters["boundary"]; b != "" && len(b) <= 70 { // RFC 2046 §5.1.1
			p.delimiter = "--" + b
		}
		return
	case "text/html":
		p.html = true
	case "text/plain":
	default:
		return
	}
	if disposition, _, _ := strings.Cut(values["content-disposition"], ";"); strings.EqualFold(strings.TrimSpace(disposition), "attachment") {
		return
	}
	p.marked = parameters[markName] == "1"
	p.utf8 = strings.EqualFold(parameters["charset"], "utf-8")
	switch strings.ToLower(values["content-transfer-encoding"]) {
	case "", "7bit":
		p.encoding = identity{}
	case "8bit":
		p.encoding, p.eight = identity{}, true
	case "quoted-printable":
		p.encoding, p.eight = quoted{}, true
	case "base64":
		p.encoding, p.eight = base64Text{}, true
	default:
		return
	}
	// In these an octet below 128 is the letter of ASCII, wherever it stands.
	p.text = p.utf8 || slices.Contains([]string{"", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}, strings.ToLower(parameters["charset"]))
}

// typed is the header with another Content-Type.
func (p *part) typed(value string) []byte {
	return slices.Concat(p.header[:p.from], []byte("Content-Type:"+value+p.eol), p.header[p.to:])
}

// unmarked is the header without the mark: whatever carried it on its way in, its text's beginning is not an element of ours.
func (p *part) unmarked() []byte {
	if p.from == p.to || !strings.Contains(strings.ToLower(p.value), markName) {
		return p.header
	}
	return p.typed(WithoutParameter(p.value, markName))
}

func (p *part) withMark() []byte {
	value := p.value
	if p.from == p.to {
		value = " text/plain; charset=us-ascii"
	}
	return p.typed(WithParameter(WithoutParameter(value, markName), markName, "1", p.eol))
}

// fields cuts a header into its fields, each with its folding and line end; the blank line is none.
func fields(header []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for from, to := 0, 0; from < len(header); from = to {
			for {
				end := bytes.IndexByte(header[to:], '\n')
				if end < 0 {
					to = len(header)
					break
				}
				if to += end + 1; to == len(header) || (header[to] != ' ' && header[to] != '\t') {
					break
				}
			}
			if field := header[from:to]; blank(field) || !yield(field) {
				return
			}
		}
	}
}

// unfold is RFC 5322 §2.2.3.
func unfold(value string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "", "\n", "").Replace(value))
}
