package draft

import (
	"io"
	"net/mail"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// Header is the outer header block of ONE copy: only that copy's recipients.
type Header struct {
	From       mail.Address
	To, Cc     []mail.Address
	Subject    string
	Date       time.Time
	MessageID  string // "<id@host>", made by us
	InReplyTo  string
	References []string
	Importance Importance
}

// WriteTo writes From … MIME-Version: 1.0 with CRLF, folded at 76, without the blank line: the Content-* fields follow.
//
// What it is given was validated before, but by another package and maybe long ago, so a value that could become a second
// field is refused here again (header_unusable), and nothing is written.
func (h Header) WriteTo(w io.Writer) (int64, error) {
	var out strings.Builder
	var unusable []string
	address := func(name string, list ...mail.Address) {
		var tokens []string
		for i, a := range list {
			whole, ok := headerAddress(a.Address)
			if !ok || flawOf(a.Name) != sound {
				unusable = append(unusable, name)
				return
			}
			comma := ","
			if i == len(list)-1 {
				comma = ""
			}
			tokens = append(append(tokens, phrase(a.Name)...), "<"+whole+">"+comma)
		}
		if len(tokens) > 0 {
			field(&out, name, tokens...)
		}
	}
	ids := func(name string, list ...string) {
		for _, id := range list {
			if !usableID(id) {
				unusable = append(unusable, name)
				return
			}
		}
		if len(list) > 0 {
			field(&out, name, list...)
		}
	}

	address("From", h.From)
	address("To", h.To...)
	address("Cc", h.Cc...)
	if flawOf(h.Subject) != sound {
		unusable = append(unusable, "Subject")
	} else if h.Subject != "" {
		field(&out, "Subject", unstructured(h.Subject)...)
	}
	// RFC 5322 §3.3 has four digits for the year, and a message without a date is none (§3.6).
	if year := h.Date.Year(); h.Date.IsZero() || year < 1900 || year > 9999 {
		unusable = append(unusable, "Date")
	} else {
		field(&out, "Date", h.Date.Format(time.RFC1123Z))
	}
	ids("Message-ID", h.MessageID)
	if h.InReplyTo != "" {
		ids("In-Reply-To", h.InReplyTo)
	}
	ids("References", h.References...)
	h.importance(&out)
	field(&out, "MIME-Version", "1.0")

	if len(unusable) > 0 {
		return 0, unusableHeader(unusable)
	}
	n, err := io.WriteString(w, out.String())
	return int64(n), err
}

// importance writes the field of RFC 2156 §5.3.4, which Outlook reads, and X-Priority, which Thunderbird and Apple Mail do.
func (h Header) importance(out *strings.Builder) {
	switch h.Importance {
	case High:
		field(out, "Importance", "high")
		field(out, "X-Priority", "1")
	case Low:
		field(out, "Importance", "low")
		field(out, "X-Priority", "5")
	case Normal:
	}
}

func unusableHeader(names []string) error {
	f := fault.New(fault.Invalid, "header_unusable", fault.Sentence{
		DA: "Mailens hoved kan ikke skrives, fordi et felt indeholder noget ulovligt. Intet er sendt. Ret feltet, og prøv igen.",
		EN: "The mail's header cannot be written, because a field holds something illegal. Nothing was sent. Mend it and try again.",
	}, nil)
	for _, name := range names {
		f.Fields = append(f.Fields, fault.Field{Name: strings.ToLower(name), Say: f.Say})
	}
	return f
}
