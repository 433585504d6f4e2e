package proof

import (
	"slices"

	"aau.dk/sendsikker/internal/fault"
)

// The codes of the lines, in their order.
const (
	lineMade    = "made"
	lineSent    = "sent"
	lineArrived = "arrived"
	lineFetched = "fetched"
	lineType    = "type"
	lineLength  = "length"
	lineDigest  = "digest"
)

// lineNames is every line that a proof has, and what it is about.
var lineNames = []struct {
	code string
	what fault.Sentence
}{
	{lineMade, fault.Sentence{DA: "Prøvemailen er forseglet", EN: "The sample is sealed"}},
	{lineSent, fault.Sentence{DA: "Microsoft 365 har taget imod den", EN: "Microsoft 365 has taken it"}},
	{lineArrived, fault.Sentence{DA: "Den er kommet i postkassens indbakke", EN: "It has come into the mailbox's Inbox"}},
	{lineFetched, fault.Sentence{DA: "Den kan hentes, som modtageren får den", EN: "It can be fetched as the recipient gets it"}},
	{lineType, fault.Sentence{DA: "Indholdstypen er den samme", EN: "The content type is the same"}},
	{lineLength, fault.Sentence{DA: "Længden af det krypterede er den samme", EN: "The length of what is encrypted is the same"}},
	{lineDigest, fault.Sentence{DA: "SHA-256 af det krypterede er den samme", EN: "The SHA-256 of what is encrypted is the same"}},
}

// Line is one thing that was looked at.
type Line struct {
	Code   string // stable: made, sent, arrived, fetched, type, length, digest
	What   fault.Sentence
	OK     bool
	Detail fault.Sentence // what was seen
	Fix    fault.Sentence // what to do, where it is not OK
}

// Report is what came of it, in the order in which it was done.
type Report struct{ Lines []Line }

// Proved says that every line is there and is good. Less is not a proof.
func (r Report) Proved() bool {
	return len(r.Lines) == len(lineNames) && !slices.ContainsFunc(r.Lines, func(l Line) bool { return !l.OK })
}

// verdict is add, with the fix only where it is needed.
func (r *Report) verdict(code string, ok bool, detail, fix fault.Sentence) {
	if ok {
		fix = sayNothing
	}
	r.add(code, ok, detail, fix)
}

func (r *Report) add(code string, ok bool, detail, fix fault.Sentence) {
	for _, name := range lineNames {
		if name.code == code {
			r.Lines = append(r.Lines, Line{Code: code, What: name.what, OK: ok, Detail: detail, Fix: fix})
		}
	}
}
