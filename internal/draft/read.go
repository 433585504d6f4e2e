package draft

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// MaxHeaderSize, in bytes, is what Exchange Online keeps of a message's header (Office.js: internetHeaders, 256 KB).
	MaxHeaderSize = 256 << 10
	// MaxHeaderFields is ours: a mail that went through many hands has about a hundred; Postfix and Exim stop near here too.
	MaxHeaderFields = 1000

	readBuffer = 64 << 10
)

// ReadMessage takes a whole RFC 5322 message: the recipients, the subject, the importance and the thread become a Draft, the
// Content-* fields and the body an Entity that gives them on byte for byte, with line ends made CRLF.
//
// Every other field is dropped: From, Sender, Date, Message-ID, Received, DKIM, Resent-*, X-*. They are claims; we make our
// own. The Draft has no Mailbox, is not normalized, and has no HTML or Text: those are inside the Entity. A message that is
// signed or encrypted already (S/MIME, PGP) is its own entity.
//
// A Content-Type without MIME-Version is honoured, as every mail program does; without either it is plain text in us-ascii
// (RFC 2045 §5.2). The body is read and its structure checked in WriteTo, which fails with mime_malformed or empty_draft.
func ReadMessage(r io.Reader) (*Draft, Entity, error) {
	in := bufio.NewReaderSize(r, readBuffer)
	header, err := readHeader(in)
	if err != nil {
		return nil, nil, err
	}
	fields, err := splitFields(header)
	if err != nil {
		return nil, nil, err
	}
	d, err := draftOf(fields)
	if err != nil {
		return nil, nil, err
	}
	e := &passage{in: in}
	if err := e.begin(fields); err != nil {
		return nil, nil, err
	}
	return d, e, nil
}

// readHeader reads up to and with the blank line. Line ends become LF.
func readHeader(in *bufio.Reader) ([]byte, error) {
	var header []byte
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !ended(err) {
			return nil, fmt.Errorf("reading the message's header: %w", err)
		}
		if len(header)+len(line) > MaxHeaderSize {
			return nil, fault.New(fault.TooLarge, "header_too_large", fault.Sentence{
				DA: fmt.Sprintf("Mailens hoved fylder mere end %d KB. Intet er sendt.", MaxHeaderSize>>10),
				EN: fmt.Sprintf("The mail's header is larger than %d KB. Nothing was sent.", MaxHeaderSize>>10),
			}, nil)
		}
		fresh := len(header) == 0 || header[len(header)-1] == '\n'
		header = append(header, line...)
		if err == nil {
			// From the whole, not from the piece at hand: the CR of a long line may have come with the piece before.
			header = bytes.TrimSuffix(header[:len(header)-1], []byte("\r"))
			if fresh && (len(header) == 0 || header[len(header)-1] == '\n') {
				return header, nil
			}
			header = append(header, '\n')
		}
		if ended(err) { // a message may be a header alone, RFC 5322 §3.5; that it is empty is said later
			return header, nil
		}
	}
}

// headerField is one field: raw with its folding (LF) and final LF, value unfolded.
type headerField struct {
	name, value string // name in lower case
	raw         []byte
}

// splitFields refuses what two mail programs could read differently.
func splitFields(header []byte) ([]headerField, error) {
	if bytes.ContainsAny(header, "\x00\r") {
		return nil, malformed("hovedet indeholder NUL eller et løst CR", "the header holds NUL or a lone CR")
	}
	var fields []headerField
	for i, line := range bytes.SplitAfter(header, []byte("\n")) {
		switch {
		case len(line) == 0:
		case line[0] == ' ' || line[0] == '\t':
			if len(fields) == 0 {
				return nil, malformed("hovedet begynder med en fortsættelse", "the header begins with a continuation")
			}
			last := &fields[len(fields)-1]
			last.raw = append(last.raw, line...)
		case i == 0 && bytes.HasPrefix(line, []byte("From ")):
			// QUIRK: Thunderbird and mbox tools, to this day, begin an exported message with this line. It is no field.
		default:
			name, _, found := bytes.Cut(line, []byte(":"))
			if !found || !fieldName(string(name)) {
				return nil, malformed("en linje i hovedet er ikke et felt", "a line of the header is no field")
			}
			if len(fields) == MaxHeaderFields {
				return nil, malformed("hovedet har for mange felter", "the header has too many fields")
			}
			fields = append(fields, headerField{name: strings.ToLower(string(name)), raw: bytes.Clone(line)})
		}
	}
	for i, f := range fields {
		_, value, _ := strings.Cut(string(f.raw), ":")
		fields[i].value = strings.TrimSpace(strings.ReplaceAll(value, "\n", "")) // RFC 5322 §2.2.3
	}
	return fields, nil
}

// only is the one field of that name. Two of them are refused: mail programs differ in which they believe.
func only(fields []headerField, name string) (string, error) {
	value, found := "", false
	for _, f := range fields {
		if f.name != name {
			continue
		}
		if found {
			return "", malformed("feltet "+name+" findes to gange", "the field "+name+" is there twice")
		}
		value, found = f.value, true
	}
	return value, nil
}

func draftOf(fields []headerField) (*Draft, error) {
	var f flaws
	words := &mime.WordDecoder{CharsetReader: charset.Reader}
	addresses := func(name string) []mail.Address {
		var all []mail.Address
		for _, h := range fields {
			if h.name != name || h.value == "" {
				continue
			}
			// Several To fields are joined: leaving one out would leave people out.
			list, err := (&mail.AddressParser{WordDecoder: words}).ParseList(h.value)
			if err != nil && !emptyGroup(h.value) {
				f.add(name, "Modtagerne kan ikke læses. Skriv dem som navn@eksempel.dk med komma imellem.",
					"The recipients cannot be read. Write them as name@example.com with commas between.")
			}
			for _, a := range list {
				all = append(all, *a)
			}
		}
		return all
	}
	d := &Draft{To: addresses("to"), Cc: addresses("cc"), Bcc: addresses("bcc")}

	raw, err := only(fields, "subject")
	if err != nil {
		return nil, err
	}
	if d.Subject, err = words.DecodeHeader(raw); err != nil || !utf8.ValidString(d.Subject) {
		f.add("subject", "Emnet kan ikke læses; dets tegnsæt er ukendt eller forkert. Skriv det i UTF-8.",
			"The subject cannot be read; its character set is unknown or wrong. Write it in UTF-8.")
	}
	for _, h := range fields {
		switch h.name {
		case "importance", "x-priority":
			if d.Importance == "" || h.name == "importance" {
				d.Importance = importanceOf(h.value)
			}
		case "in-reply-to":
			if ids := identifiers(h.value); len(ids) > 0 {
				d.InReplyTo = ids[0]
			}
		case "references":
			d.References = append(d.References, identifiers(h.value)...)
		}
	}
	return d, f.fault()
}

// emptyGroup is "undisclosed-recipients:;", which is how a message says that it names nobody (RFC 5322 §3.4, appendix A.1.3).
func emptyGroup(value string) bool {
	name, rest, found := strings.Cut(value, ":")
	return found && !strings.ContainsAny(name, "<>@,") && strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), ";")) == ""
}

// importanceOf reads "high" as well as X-Priority's "1 (Highest)". What nobody knows is normal.
func importanceOf(value string) Importance {
	word, _, _ := strings.Cut(strings.ToLower(value), " ")
	switch word {
	case "high", "1", "2":
		return High
	case "low", "4", "5":
		return Low
	}
	return ""
}

// identifiers finds the message identifiers that can be used, and leaves the rest: a thread is a help, not a duty.
func identifiers(value string) []string {
	var ids []string
	for {
		from := strings.IndexByte(value, '<')
		if from < 0 {
			return ids
		}
		value = value[from:]
		to := strings.IndexByte(value, '>')
		if to < 0 {
			return ids
		}
		if id := value[:to+1]; usableID(id) {
			ids = append(ids, id)
		}
		value = value[to+1:]
	}
}

// malformed says what is wrong in words that hold nothing of the message.
func malformed(da, en string) *fault.Fault {
	return fault.New(fault.Invalid, "mime_malformed", fault.Sentence{
		DA: "Mailen kan ikke læses: " + da + ". Intet er sendt. Det er programmet, der har lavet mailen, som skal rettes.",
		EN: "The mail cannot be read: " + en + ". Nothing was sent. The program that made the mail needs mending.",
	}, nil)
}
