package fault

import (
	"errors"
	"fmt"
	"time"
)

// Sentence says one thing to a person, Danish first.
type Sentence struct {
	DA, EN string
}

// In picks the language; everything that is not English is answered in Danish.
func (s Sentence) In(language string) string {
	if language == "en" {
		return s.EN
	}
	return s.DA
}

// Field names one field of the request that cannot be used. Name is a JSON path such as "to[2].address".
type Field struct {
	Name string
	Say  Sentence
}

// Recipient names one recipient that cannot be reached safely, and why.
type Recipient struct {
	Address string
	Code    string
	Say     Sentence
}

// Fault is an error that another package may act on and that a person may read.
type Fault struct {
	Kind       Kind
	Code       string // stable, snake_case, part of the API's contract
	Say        Sentence
	Fields     []Field
	Recipients []Recipient
	RetryAfter time.Duration // how long to wait, where Kind says to come again; 0 is unknown
	Cause      error         // for the log only
}

// New makes a fault whose cause is known only to the log.
func New(kind Kind, code string, say Sentence, cause error) *Fault {
	return &Fault{Kind: kind, Code: code, Say: say, Cause: cause}
}

// Error is for logs and tests. It is never shown to a caller: api writes Say.
func (f *Fault) Error() string {
	if f.Cause == nil {
		return fmt.Sprintf("%s (%s)", f.Code, f.Kind)
	}
	return fmt.Sprintf("%s (%s): %v", f.Code, f.Kind, f.Cause)
}

func (f *Fault) Unwrap() error { return f.Cause }

// From finds the fault in err. An error that is none is Internal: its text stays inside.
func From(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{
		Kind: Internal,
		Code: "internal",
		Say: Sentence{
			DA: "Der skete en fejl hos os. Intet er sendt. Prøv igen, og kontakt support med dette nummer, hvis det sker igen.",
			EN: "Something went wrong on our side. Nothing was sent. Try again, and quote this number to support if it happens again.",
		},
		Cause: err,
	}
}

// KindOf is the kind of err; anything that is not a fault is Internal.
func KindOf(err error) Kind { return From(err).Kind }
