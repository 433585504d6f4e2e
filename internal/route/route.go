package route

import (
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// Route is how one recipient gets the message.
type Route string

const (
	Internal Route = "internal"
	SMIME    Route = "smime"
	Refused  Route = "refused"
)

// Facts are what is known of one recipient.
type Facts struct {
	Address     string
	Certificate Certificate
}

// Certificate is what is known of the recipient's certificate.
type Certificate struct {
	Usable  bool
	Holder  string // the organisation or person in it
	ValidTo time.Time
	Code    string         // why none can be used
	Say     fault.Sentence // the same, for the sender
}

// Verdict is the route and why.
type Verdict struct {
	Route Route
	Code  string
	Say   fault.Sentence
}

// Policy is what the organisation has decided.
type Policy struct{ domains map[string]bool }

// NewPolicy takes the organisation's own mail domains. A subdomain is a domain of its own: it may be somebody else's server.
func NewPolicy(acceptedDomains []string) Policy {
	p := Policy{domains: make(map[string]bool, len(acceptedDomains))}
	for _, d := range acceptedDomains {
		p.domains[strings.ToLower(d)] = true
	}
	return p
}

// IsInternal says whether the address is in one of the organisation's own domains.
func (p Policy) IsInternal(address string) bool {
	_, domain, found := cutLast(address, "@")
	return found && p.domains[strings.ToLower(domain)]
}

// Decide gives the route of one recipient.
func (p Policy) Decide(f Facts) Verdict {
	switch {
	case p.IsInternal(f.Address):
		return Verdict{Route: Internal, Code: "internal", Say: fault.Sentence{
			DA: "Sendes som almindelig mail inden for organisationen.",
			EN: "Sent as ordinary mail inside the organisation.",
		}}
	case f.Certificate.Usable:
		holder := f.Certificate.Holder
		return Verdict{Route: SMIME, Code: "encrypted", Say: fault.Sentence{
			DA: fmt.Sprintf("Sendes krypteret. Certifikat: %s, gyldigt til %s.", holder, danishDate(f.Certificate.ValidTo)),
			EN: fmt.Sprintf("Sent encrypted. Certificate: %s, valid to %s.", holder, f.Certificate.ValidTo.Format("2 January 2006")),
		}}
	case f.Certificate.Code != "":
		return Verdict{Route: Refused, Code: f.Certificate.Code, Say: f.Certificate.Say}
	}
	return Verdict{Route: Refused, Code: "no_certificate", Say: fault.Sentence{
		DA: "Kan ikke modtage sikker mail: intet certifikat. Bed modtageren om at sende dig en signeret mail, eller find en anden vej.",
		EN: "Cannot receive secure mail: no certificate. Ask the recipient to send you a signed mail, or find another way.",
	}}
}

func danishDate(t time.Time) string {
	return fmt.Sprintf("%d.%d.%d", t.Day(), int(t.Month()), t.Year())
}

// cutLast splits at the last separator: a quoted local part may hold an @ of its own.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
