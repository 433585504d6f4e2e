package certs

import (
	"slices"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// Codes of a Choice beside those of package trust.
const (
	NoCertificate   trust.Code = "no_certificate"   // everybody was asked, nobody has one
	DirectorySilent trust.Code = "directory_silent" // nothing usable, and somebody did not answer
)

// Reason is a choice in one code and one sentence for the sender, ending in what to do.
type Reason struct {
	Code trust.Code
	Say  fault.Sentence
}

var (
	sayNone = fault.Sentence{
		DA: "Vi fandt intet certifikat til modtageren, så mailen kan ikke krypteres. Bed modtageren om at sende sit certifikat til sikker mail, og få jeres it-support til at lægge det ind.",
		EN: "We found no certificate for the recipient, so the mail cannot be encrypted. Ask the recipient to send their certificate for secure mail, and have your IT support add it.",
	}
	saySilent = fault.Sentence{
		DA: "Vi kunne ikke spørge alle steder, så vi ved ikke, om modtageren har et certifikat. Prøv igen om lidt, og kontakt it-support, hvis det varer ved.",
		EN: "We could not ask everywhere, so we do not know whether the recipient has a certificate. Try again shortly, and contact IT support if it goes on.",
	}
	alsoSilent = fault.Sentence{
		DA: " Vi kunne heller ikke spørge alle steder; der kan findes et andet certifikat, så prøv også igen om lidt.",
		EN: " We also could not ask everywhere; there may be another certificate, so try again shortly as well.",
	}
)

// usefulness orders the reasons for having no certificate by what helps the sender most: first what only needs waiting,
// then what the recipient surely had and has to renew, then what somebody else must look at, last what is only broken.
// A revoked one comes before an expired one: it is a warning as well.
var usefulness = []trust.Code{
	trust.RevocationUnknown, trust.NotYetValid, trust.Revoked, trust.Expired, trust.IssuerExpired,
	trust.UnknownIssuer, trust.RevocationUnpublished, trust.WrongProfile, trust.WrongPolicy, trust.WrongAddress, trust.WeakKey, trust.UnsupportedKey,
	trust.WeakSignature, trust.WrongUsage, trust.BadPath, trust.Unsupported, trust.Forged, trust.Malformed,
}

// reason explains a choice; chosen is nil when none can be used.
func reason(chosen *Judged, rejected []Judged, silent []string) Reason {
	if chosen != nil {
		return Reason{Code: chosen.Verdict.Code, Say: chosen.Verdict.Say}
	}
	if len(rejected) == 0 {
		if len(silent) > 0 {
			return Reason{Code: DirectorySilent, Say: saySilent}
		}
		return Reason{Code: NoCertificate, Say: sayNone}
	}
	// The first of equals is the best ranked: its date is the one to name.
	best := slices.MinFunc(rejected, func(a, b Judged) int {
		return slices.Index(usefulness, a.Verdict.Code) - slices.Index(usefulness, b.Verdict.Code)
	})
	say := best.Verdict.Say
	if len(silent) > 0 {
		say.DA += alsoSilent.DA
		say.EN += alsoSilent.EN
	}
	return Reason{Code: best.Verdict.Code, Say: say}
}

var (
	sayOnly   = fault.Sentence{DA: "Det er det eneste, der kan bruges.", EN: "It is the only one that can be used."}
	sayPinned = fault.Sentence{DA: "En administrator har valgt det til denne adresse.", EN: "An administrator has chosen it for this address."}
	sayOwn    = fault.Sentence{DA: "Det er vores egen funktionspostkasses.", EN: "It is our own function mailbox's."}
	sayDomain = fault.Sentence{DA: "En administrator har valgt det til hele domænet.", EN: "An administrator has chosen it for the whole domain."}
	sayNewest = fault.Sentence{DA: "Det er det nyeste af dem, der kan bruges.", EN: "It is the newest of those that can be used."}
	sayAlso   = fault.Sentence{
		DA: " Der krypteres også til det forrige, til modtageren har fået det nye i brug overalt.",
		EN: " The previous one is encrypted for as well, until the recipient uses the new one everywhere.",
	}
)

// why explains a choice among others that were found; below is how many were ranked under it.
func why(choice Choice, below int) fault.Sentence {
	say := sayNewest
	switch standing := choice.Chosen.standing(); {
	case standing == 0:
		say = sayPinned
	case standing == 1:
		say = sayOwn
	case standing == 2:
		say = sayDomain
	case below == 0:
		say = sayOnly
	}
	if choice.Also != nil {
		say.DA += sayAlso.DA
		say.EN += sayAlso.EN
	}
	return say
}
