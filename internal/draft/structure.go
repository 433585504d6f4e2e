package draft

import (
	"bytes"
	"mime"
	"slices"
	"strings"
)

const (
	maxDepth      = 32       // multiparts within multiparts: Exchange Online's "Embedded message depth limit" is 30
	maxParts      = 1000     // four times Exchange Online's "Multipart message limit" of 250, which does not bind what is sealed
	maxPartHeader = 64 << 10 // as much as a boundary, a name and a few fields could ever need
	maxBoundary   = 70       // RFC 2046 §5.1.1
)

// structure follows a MIME structure line by line: every declared boundary opens and closes, inside out, and every transfer
// encoding is known. It is the guard against a message that was cut off on its way, and against one that two programs
// would take apart differently. An attached message is not looked into: it is a document, and may be broken, like the
// spam that somebody reports.
type structure struct {
	open   []level // outermost first
	parts  int
	header []byte // of the part that begins, while inHeader

	inHeader bool
}

type level struct {
	boundary string
	started  bool
}

// line takes one line without its end, or a piece of one: first and last say which piece.
func (s *structure) line(text []byte, first, last bool) error {
	if first && last && len(s.open) > 0 && bytes.HasPrefix(text, []byte("--")) {
		found, err := s.delimiter(string(bytes.TrimRight(text[2:], " \t")))
		if found || err != nil {
			return err
		}
	}
	if !s.inHeader {
		return nil
	}
	if first && last && len(text) == 0 {
		return s.endHeader()
	}
	if len(s.header)+len(text)+1 > maxPartHeader {
		return malformed("en dels hoved er for langt", "a part's header is too long")
	}
	s.header = append(s.header, text...)
	if last {
		s.header = append(s.header, '\n')
	}
	return nil
}

// delimiter looks for the boundary from the inside out. A part's header may end at it without a blank line: RFC 2046 §5.1.1
// lets the whole body of a part be absent.
func (s *structure) delimiter(text string) (found bool, err error) {
	for i, l := range slices.Backward(s.open) {
		closing := text == l.boundary+"--"
		if !closing && text != l.boundary {
			continue
		}
		if s.inHeader {
			if err := s.endHeader(); err != nil {
				return true, err
			}
		}
		if i != len(s.open)-1 {
			return true, malformed("en del slutter uden sin afslutning", "a part ends without its closing boundary")
		}
		if closing {
			if !l.started {
				return true, malformed("en multipart slutter, før den er begyndt", "a multipart ends before it began")
			}
			s.open = s.open[:i]
			return true, nil
		}
		if s.parts++; s.parts > maxParts {
			return true, malformed("den har for mange dele", "it has too many parts")
		}
		s.open[i].started = true
		s.inHeader, s.header = true, s.header[:0]
		return true, nil
	}
	return false, nil
}

func (s *structure) endHeader() error {
	s.inHeader = false
	fields, err := splitFields(s.header)
	if err != nil {
		return err
	}
	return s.enter(fields)
}

// enter looks at the header of an entity and, where it is a multipart, opens its level.
func (s *structure) enter(fields []headerField) error {
	value, err := only(fields, "content-type")
	if err != nil {
		return err
	}
	encoding, err := only(fields, "content-transfer-encoding")
	if err != nil {
		return err
	}
	composite := strings.HasPrefix(strings.ToLower(value), "multipart/")
	word, _, _ := strings.Cut(strings.ToLower(encoding), " ")
	switch strings.TrimRight(word, ";") {
	case "", "7bit", "8bit":
	case "quoted-printable", "base64":
		if composite { // RFC 2045 §6.4
			return malformed("en multipart er selv kodet", "a multipart is itself encoded")
		}
	case "binary":
		return malformed("den bruger overførselskodningen binary; brug base64",
			"it uses the transfer encoding binary; use base64")
	default:
		return malformed("den bruger en ukendt overførselskodning", "it uses an unknown transfer encoding")
	}
	if !composite {
		return nil
	}
	_, params, err := mime.ParseMediaType(value)
	boundary := params["boundary"]
	if err != nil || !usableBoundary(boundary) {
		return malformed("en multipart har ingen brugbar boundary", "a multipart has no usable boundary")
	}
	if len(s.open) == maxDepth {
		return malformed("dens dele ligger for dybt i hinanden", "its parts are nested too deeply")
	}
	for _, l := range s.open {
		// A delimiter must belong to one level only.
		if l.boundary == boundary || l.boundary == boundary+"--" || l.boundary+"--" == boundary {
			return malformed("to multiparter har samme boundary", "two multiparts have the same boundary")
		}
	}
	s.open = append(s.open, level{boundary: boundary})
	return nil
}

// usableBoundary is RFC 2046 §5.1.1, with every visible ASCII sign allowed: some programs use more than bchars.
func usableBoundary(b string) bool {
	if b == "" || len(b) > maxBoundary || strings.HasSuffix(b, " ") {
		return false
	}
	for _, c := range []byte(b) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

func (s *structure) end() error {
	if s.inHeader {
		if err := s.endHeader(); err != nil {
			return err
		}
	}
	if len(s.open) > 0 {
		return malformed("den er ikke hel: en multipart mangler sin afslutning", "it is not whole: a multipart lacks its closing boundary")
	}
	return nil
}
