package trust

import (
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// Code is a stable name for a verdict or a warning; part of the API's contract.
type Code string

const (
	OK                    Code = "ok"
	Malformed             Code = "malformed"              // no certificate at all
	Unsupported           Code = "unsupported"            // a critical extension that we do not know
	UnsupportedKey        Code = "unsupported_key"        // neither RSA nor a NIST curve
	WeakKey               Code = "weak_key"               // RSA too short, or a modulus or exponent that no RSA key has
	WrongUsage            Code = "wrong_usage"            // key usage or extended key usage exclude sealed mail
	WrongAddress          Code = "wrong_address"          // it belongs to somebody else
	NotYetValid           Code = "not_yet_valid"          //
	Expired               Code = "expired"                //
	UnknownIssuer         Code = "unknown_issuer"         // no path to a root of ours
	WeakSignature         Code = "weak_signature"         // SHA-1, MD5, or an algorithm that nobody knows
	Forged                Code = "forged"                 // names an issuer of ours, whose signature it does not bear
	IssuerExpired         Code = "issuer_expired"         // a path, but an authority on it is past its time
	BadPath               Code = "bad_path"               // a path that an authority on it was not allowed to make
	Revoked               Code = "revoked"                // it, or an authority above it
	RevocationUnknown     Code = "revocation_unknown"     // temporary: no usable list could be had
	RevocationUnpublished Code = "revocation_unpublished" // permanent: its authority names no list
	WrongPolicy           Code = "wrong_policy"           // issued for something else than its profile takes
	WrongProfile          Code = "wrong_profile"          // its authority may not vouch for what this source gives
	ExpiresSoon           Code = "expires_soon"           // a warning only, as are the next two
	RevocationGrace       Code = "revocation_grace"       // the last good answer is out of date, and the profile waits a little
	Vouched               Code = "vouched"                // somebody vouches for it: no path, and no word on revocation
)

// Codes lists every code once, for the exhaustive tests of the tables that hang on it.
func Codes() []Code {
	return []Code{
		OK, Malformed, Unsupported, UnsupportedKey, WeakKey, WrongUsage, WrongAddress, NotYetValid, Expired, UnknownIssuer,
		WeakSignature, Forged, IssuerExpired, BadPath, Revoked, RevocationUnknown, RevocationUnpublished,
		WrongPolicy, WrongProfile, ExpiresSoon, RevocationGrace, Vouched,
	}
}

// sentences are for a sender who has never heard of certificate paths: what is the matter, then what to do.
// {date} is the day that the code is about.
var sentences = map[Code]fault.Sentence{
	OK: {
		DA: "Mailen kan krypteres, så kun modtageren kan læse den.",
		EN: "The mail can be encrypted so that only the recipient can read it.",
	},
	Malformed: {
		DA: "Modtagerens certifikat er ødelagt og kan ikke læses. Bed modtageren om at sende det igen.",
		EN: "The recipient's certificate is damaged and cannot be read. Ask the recipient to send it again.",
	},
	Unsupported: {
		DA: "Modtagerens certifikat stiller krav, som vi ikke kan opfylde. Bed modtageren om et certifikat til almindelig sikker mail.",
		EN: "The recipient's certificate makes demands that we cannot meet. Ask the recipient for one for ordinary secure mail.",
	},
	UnsupportedKey: {
		DA: "Modtagerens certifikat har en nøgle af en slags, som vi ikke kan kryptere til. Bed modtageren om et andet certifikat.",
		EN: "The recipient's certificate has a kind of key that we cannot encrypt to. Ask the recipient for another certificate.",
	},
	WeakKey: {
		DA: "Nøglen i modtagerens certifikat er for svag til at beskytte mailen. Bed modtageren om at få et nyt certifikat.",
		EN: "The key in the recipient's certificate is too weak to protect the mail. Ask the recipient to get a new certificate.",
	},
	WrongUsage: {
		DA: "Modtagerens certifikat er ikke beregnet til kryptering af mail. Bed modtageren om et certifikat, der er.",
		EN: "The recipient's certificate is not meant for encrypting mail. Ask the recipient for one that is.",
	},
	WrongAddress: {
		DA: "Certifikatet gælder en anden mailadresse end den, du skriver til. Kontrollér adressen, eller bed modtageren om at sende sit eget certifikat.",
		EN: "The certificate is for another mail address than the one you are writing to. Check the address, or ask the recipient to send their own certificate.",
	},
	NotYetValid: {
		DA: "Modtagerens certifikat gælder først fra den {date}. Vent til da, eller bed modtageren om et, der gælder nu.",
		EN: "The recipient's certificate is not valid until {date}. Wait until then, or ask the recipient for one that is valid now.",
	},
	Expired: {
		DA: "Modtagerens certifikat udløb den {date}. Bed modtageren om at forny det og sende jer det nye.",
		EN: "The recipient's certificate expired on {date}. Ask the recipient to renew it and send you the new one.",
	},
	UnknownIssuer: {
		DA: "Modtagerens certifikat er udstedt af en, vi ikke kender. Bed jeres it-support om at tage stilling til udstederen.",
		EN: "The recipient's certificate was issued by somebody we do not know. Ask your IT support to decide about the issuer.",
	},
	WeakSignature: {
		DA: "Modtagerens certifikat er underskrevet på en måde, der ikke er sikker nok. Bed modtageren om at få et nyt certifikat.",
		EN: "The recipient's certificate is signed in a way that is not safe enough. Ask the recipient to get a new certificate.",
	},
	Forged: {
		DA: "Modtagerens certifikat er ændret eller beskadiget, så det er ikke til at stole på. Bed modtageren om at sende det igen ad en anden vej.",
		EN: "The recipient's certificate has been altered or damaged and cannot be trusted. Ask the recipient to send it again in another way.",
	},
	IssuerExpired: {
		DA: "Den, der udstedte modtagerens certifikat, må ikke længere stå inde for det. Bed modtageren om at få et nyt certifikat.",
		EN: "The issuer of the recipient's certificate may no longer vouch for it. Ask the recipient to get a new certificate.",
	},
	BadPath: {
		DA: "Modtagerens certifikat er udstedt af en, der ikke måtte udstede det. Bed modtageren om et certifikat fra en anden udsteder.",
		EN: "The recipient's certificate was issued by somebody who was not allowed to. Ask the recipient for one from another issuer.",
	},
	Revoked: {
		DA: "Modtagerens certifikat er spærret og må ikke bruges. Bed modtageren om at få et nyt og sende jer det.",
		EN: "The recipient's certificate has been revoked and must not be used. Ask the recipient to get a new one and send it to you.",
	},
	RevocationUnknown: {
		DA: "Vi kan lige nu ikke få at vide, om modtagerens certifikat er spærret. Prøv igen om lidt, og kontakt it-support, hvis det varer ved.",
		EN: "We cannot find out at the moment whether the recipient's certificate has been revoked. Try again shortly, and contact IT support if it goes on.",
	},
	RevocationUnpublished: {
		DA: "Udstederen oplyser ikke, om modtagerens certifikat er spærret, så vi kan ikke stole på det. Bed jeres it-support om at tage stilling til udstederen.",
		EN: "The issuer does not say whether the recipient's certificate has been revoked, so we cannot rely on it. Ask your IT support to decide about the issuer.",
	},
	WrongPolicy: {
		DA: "Modtagerens certifikat er udstedt til et andet formål end sikker mail. Bed modtageren om et certifikat til sikker mail.",
		EN: "The recipient's certificate was issued for another purpose than secure mail. Ask the recipient for one for secure mail.",
	},
	WrongProfile: {
		DA: "Modtagerens certifikat er udstedt af en, som ikke godtages for det sted, hvor vi fandt det. Bed jeres it-support om at tage stilling til det.",
		EN: "The recipient's certificate was issued by somebody who is not accepted for the place where we found it. Ask your IT support to decide about it.",
	},
	RevocationGrace: {
		DA: "Udstederens liste over spærrede certifikater er forældet. Mailen kan sendes lidt endnu, men jeres it-support bør se på det.",
		EN: "The issuer's list of revoked certificates is out of date. The mail can be sent for a little while yet, but your IT support should look at it.",
	},
	Vouched: {
		DA: "Certifikatets udsteder er ikke kendt. Det bruges, fordi nogen har sagt god for netop dette certifikat; kontakt jeres it-support, hvis du er i tvivl.",
		EN: "The certificate's issuer is not known. It is used because somebody has vouched for this very certificate; contact your IT support if you are in doubt.",
	},
	ExpiresSoon: {
		DA: "Modtagerens certifikat udløber den {date}. Bed modtageren om at forny det inden da.",
		EN: "The recipient's certificate expires on {date}. Ask the recipient to renew it before then.",
	},
}

var danishMonths = [...]string{
	"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december",
}

// Say is the sentence of code; day is used by those that name one.
func (c Code) Say(day time.Time) fault.Sentence {
	say := sentences[c]
	danish := fmt.Sprintf("%d. %s %d", day.Day(), danishMonths[day.Month()-1], day.Year())
	say.DA = strings.ReplaceAll(say.DA, "{date}", danish)
	say.EN = strings.ReplaceAll(say.EN, "{date}", day.Format("2 January 2006"))
	return say
}
