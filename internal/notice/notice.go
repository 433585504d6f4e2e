package notice

import (
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
	Route         string // "internal", "smime", …
	Certificates  []Certificate
	State         string // "sent", "rejected", "unknown", …
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

// Render writes the paper.
func Render(n Notice) (subject string, html string, err error) { return "", "", nil }
