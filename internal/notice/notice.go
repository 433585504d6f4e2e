package notice

import (
	"html/template"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// Kind is which of the two papers it is.
type Kind string

const (
	Receipt     Kind = "receipt"
	ErrorReport Kind = "error_report"
)

// Certificate is what a reader can compare with the certificate itself.
type Certificate struct {
	Subject, Issuer string
	NotAfter        time.Time
	SHA256          string // of the DER bytes, lower-case hex
}

// Recipient is what happened to one recipient.
type Recipient struct {
	Name, Address string
	Route         string // "internal", "smime", …: DESIGN's words; one that is not known here is claimed to be nothing special
	Certificates  []Certificate
	State         string // "sent", "rejected"; anything else is treated as unknown, because that is what it is
	At            time.Time
	Say           fault.Sentence // why not, and what to do: shown for what did not go out
}

// Notice is the facts of one message whose last delivery has ended.
type Notice struct {
	Subject, MessageID, Mailbox string
	PressedBy                   string // who pressed the button, by name
	AcceptedAt                  time.Time
	Recipients                  []Recipient
	Language                    string // "da" or "en": which stands first; "" = da
}

// Kind is Receipt when everything went out, and nothing else.
func (n Notice) Kind() Kind {
	for _, r := range n.Recipients {
		if r.outcome() != sent {
			return ErrorReport
		}
	}
	return Receipt
}

// Render writes the paper: a subject for the message that holds it, and a whole page of HTML. An error is ours, not the
// facts': anything in them can be shown.
func Render(n Notice) (subject string, html string, err error) {
	p, err := newPage(n)
	if err != nil {
		return "", "", err
	}
	parsed, err := template.New("notice").Parse(layout)
	if err != nil {
		return "", "", err
	}
	var out strings.Builder
	if err := parsed.Execute(&out, p); err != nil {
		return "", "", err
	}
	return p.Title, out.String(), nil
}

// outcome is what a reader needs to know of a state.
type outcome int

const (
	unclear outcome = iota // the zero value: what nobody knows may have gone out
	failed
	sent
)

func (r Recipient) outcome() outcome {
	switch r.State {
	case "sent":
		return sent
	case "rejected", "refused":
		return failed
	}
	return unclear
}

// mentioned is false for an internal recipient that got the mail: colleagues get an ordinary copy, and the paper counts
// them instead of naming them. One that did not get it is named like everybody else.
func (r Recipient) mentioned() bool { return r.Route != "internal" || r.outcome() != sent }
