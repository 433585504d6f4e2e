package mailbox

import (
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// What an administrator reads of a mailbox's own certificate. Package trust has other sentences for the same codes: those speak to a
// sender of the recipient's.
var (
	sayMismatch = fault.Sentence{
		DA: "Den private nøgle hører ikke til certifikatet. Vælg den fil, som certifikatet blev bestilt med, eller bed udstederen om dem begge i én fil (.p12).",
		EN: "The private key does not belong to the certificate. Choose the file that the certificate was ordered with, or ask the issuer for both in one file (.p12).",
	}
	sayElsewhere = fault.Sentence{
		DA: "Nøglen i enheden hører ikke til certifikatet. Henvis til den nøgle, som certifikatet blev bestilt med.",
		EN: "The key in the device does not belong to the certificate. Refer to the key that the certificate was ordered with.",
	}
	sayUnproved = fault.Sentence{
		DA: "Nøglen i enheden blev prøvet: den underskrev ikke rigtigt eller kunne ikke åbne det, der var krypteret til den. Den skal have lov til både at signere og at dekryptere.",
		EN: "The key in the device was tried: it did not sign rightly, or could not open what was encrypted for it. It must be allowed both to sign and to decrypt.",
	}
	sayMayNotSign = fault.Sentence{
		DA: "Certifikatet må ikke bruges til at signere (nøgleanvendelse). Bestil et, der må både signere og modtage krypteret mail.",
		EN: "The certificate may not be used to sign (key usage). Order one that may both sign and receive encrypted mail.",
	}
	sayMayNotEncrypt = fault.Sentence{
		DA: "Der må ikke krypteres til certifikatet (nøgleanvendelse), så enheden ville ikke kunne læse det, den selv har sendt. Bestil et, der må både signere og modtage krypteret mail.",
		EN: "The certificate may not be encrypted for (key usage), so the unit could not read what it sent itself. Order one that may both sign and receive encrypted mail.",
	}
	sayNotYet = fault.Sentence{
		DA: "Certifikatet gælder først fra {date}. Importér det igen fra den dag.",
		EN: "The certificate is not valid before {date}. Import it again from that day on.",
	}
	sayExpired = fault.Sentence{
		DA: "Certifikatet udløb {date}. Bestil et nyt hos udstederen.",
		EN: "The certificate expired on {date}. Order a new one from the issuer.",
	}
	saySoon = fault.Sentence{
		DA: "Certifikatet udløber {date}. Bestil et nyt nu; det kan tage uger.",
		EN: "The certificate expires on {date}. Order a new one now; it can take weeks.",
	}
	sayWrongAddress = fault.Sentence{
		DA: "Postkassens adresse står ikke i certifikatet. De fleste danske systemer kan bruge det alligevel, men Apple Mail og Thunderbird finder det ikke selv.",
		EN: "The mailbox's address is not in the certificate. Most Danish systems can use it all the same, but Apple Mail and Thunderbird do not find it by themselves.",
	}
	sayUnknownIssuer = fault.Sentence{
		DA: "Ingen af de udstedere, som vi stoler på, har udstedt certifikatet. Modtagere vil næppe godtage det, medmindre I har aftalt det med dem.",
		EN: "None of the authorities that we trust has issued the certificate. Recipients will hardly accept it unless you have agreed on it with them.",
	}
	sayTrust = map[trust.Code]fault.Sentence{
		trust.Malformed:             {DA: "Der er intet certifikat i filen.", EN: "There is no certificate in the file."},
		trust.Unsupported:           {DA: "Certifikatet har et kritisk felt, som ingen her kender. Bestil et almindeligt certifikat til sikker mail.", EN: "The certificate has a critical field that nobody here knows. Order an ordinary certificate for secure mail."},
		trust.UnsupportedKey:        {DA: "Certifikatets nøgle er hverken RSA eller en af kurverne P-256, P-384 og P-521. Andre kan mailprogrammer ikke bruge.", EN: "The certificate's key is neither RSA nor on one of the curves P-256, P-384 and P-521. Mail programs cannot use any other."},
		trust.WeakKey:               {DA: "Certifikatets nøgle er for kort. Bestil et med mindst 2048 bit RSA, helst 3072.", EN: "The certificate's key is too short. Order one with at least 2048 bits of RSA, preferably 3072."},
		trust.WrongUsage:            {DA: "Certifikatet er ikke til mail (nøgleanvendelse eller formål), eller det er en udsteders eget. Bestil et til sikker mail.", EN: "The certificate is not for mail (key usage or purpose), or is an authority's own. Order one for secure mail."},
		trust.WrongAddress:          sayWrongAddress,
		trust.UnknownIssuer:         sayUnknownIssuer,
		trust.WeakSignature:         {DA: "Certifikatet er underskrevet med en forældet metode (SHA-1 eller MD5). Bestil et nyt.", EN: "The certificate is signed in an outdated way (SHA-1 or MD5). Order a new one."},
		trust.Forged:                {DA: "Certifikatet nævner en udsteder, som ikke har underskrevet det. Hent det igen hos udstederen.", EN: "The certificate names an issuer that has not signed it. Fetch it again from the issuer."},
		trust.IssuerExpired:         {DA: "Certifikatets udsteder er selv udløbet. Bestil et nyt.", EN: "The certificate's issuer has expired itself. Order a new one."},
		trust.BadPath:               {DA: "En udsteder i kæden havde ikke lov til at udstede certifikatet. Spørg udstederen.", EN: "An authority in the chain was not allowed to issue the certificate. Ask the issuer."},
		trust.Revoked:               {DA: "Certifikatet er spærret hos udstederen. Bestil et nyt, og slet filen.", EN: "The certificate has been revoked by its issuer. Order a new one, and delete the file."},
		trust.RevocationUnknown:     {DA: "Udstederen svarer ikke på, om certifikatet er spærret. Prøv igen om lidt.", EN: "The issuer does not answer whether the certificate has been revoked. Try again shortly."},
		trust.RevocationUnpublished: {DA: "Udstederen oplyser ikke, om certifikatet er spærret, og det vil modtagere måske ikke godtage.", EN: "The issuer does not publish whether the certificate has been revoked, and recipients may not accept that."},
		trust.WrongPolicy:           {DA: "Certifikatet er udstedt til et andet formål end et funktionscertifikat til sikker mail.", EN: "The certificate was issued for another purpose than a function certificate for secure mail."},
		trust.WrongProfile:          {DA: "Certifikatets udsteder er ikke godtaget til dette formål.", EN: "The certificate's issuer is not accepted for this purpose."},
	}
)

// sayOf is the sentence of a verdict on a mailbox's own certificate.
func sayOf(code trust.Code) fault.Sentence {
	if say, known := sayTrust[code]; known {
		return say
	}
	return sayTrust[trust.WrongUsage]
}

const danishMonths = "januar februar marts april maj juni juli august september oktober november december"

func dated(say fault.Sentence, day time.Time) fault.Sentence {
	danish := fmt.Sprintf("%d. %s %d", day.Day(), strings.Fields(danishMonths)[day.Month()-1], day.Year())
	say.DA = strings.ReplaceAll(say.DA, "{date}", danish)
	say.EN = strings.ReplaceAll(say.EN, "{date}", day.Format("2 January 2006"))
	return say
}
