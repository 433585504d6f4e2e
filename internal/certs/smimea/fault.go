package smimea

import (
	"errors"
	"fmt"
	"slices"

	"aau.dk/sendsikker/internal/fault"
)

// What can go wrong with one question, and the codes that they are logged under. An error of the network or of miekg/dns may
// quote what was sent, so that none of them is wrapped.
var (
	errSilent    = errors.New("the resolver did not answer in time")
	errAway      = errors.New("the resolver cannot be reached")
	errRefused   = errors.New("the resolver does not answer such questions")
	errMalformed = errors.New("the resolver's answer cannot be read")
	errFailed    = errors.New("the resolver got no answer from the domain")
	errBogus     = errors.New("the domain's signatures do not hold")
)

// failures are the errors of questions, first what somebody here has to mend, last what a domain's owner has to. The first that
// has happened gives the code of the whole.
func failures() []failure {
	return []failure{
		{errAway, "dns_away"}, {errRefused, "dns_refused"}, {errMalformed, "dns_malformed"}, {errSilent, "dns_silent"},
		{errFailed, "dns_failed"}, {errBogus, "dns_bogus"},
	}
}

type failure struct {
	err  error
	code string
}

// tally counts how the questions of one Find have ended.
type tally struct {
	asked  int
	failed map[error]int // by the errors of failures
}

// err is nil where every question had an answer. What a source cannot say is for which domain it failed: its error is for all
// that was asked (certs.Source), and that is right for the one that it is about, and no loss for the others, whose answers are
// given with it.
func (t tally) err() error {
	if len(t.failed) == 0 {
		return nil
	}
	worst := failure{errMalformed, "dns_malformed"} // for an error that nobody listed: it must not pass for an answer
	var counts string
	for _, kind := range slices.Backward(failures()) {
		if count := t.failed[kind.err]; count > 0 {
			worst = kind
			counts += fmt.Sprintf(", %s %d", kind.code, count)
		}
	}
	return fault.New(fault.Unavailable, worst.code, saySilent, fmt.Errorf("of %d questions%s: %w", t.asked, counts, worst.err))
}

var (
	saySilent = fault.Sentence{
		DA: "Vi kunne ikke slå alle modtagerne op i DNS. Prøv igen om lidt, og kontakt it-support, hvis det varer ved.",
		EN: "We could not look up all recipients in DNS. Try again shortly, and contact IT support if it goes on.",
	}
	sayUnproven = fault.Sentence{
		DA: "Navneserveren på denne maskine viser ikke, at den kontrollerer signaturer (DNSSEC), så certifikater i DNS bliver ikke fundet. Slå DNSSEC-validering til i den, eller slå opslag i DNS fra.",
		EN: "The resolver on this machine does not show that it checks signatures (DNSSEC), so certificates in DNS are not found. Turn DNSSEC validation on in it, or turn look-ups in DNS off.",
	}
)
