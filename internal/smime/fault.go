package smime

import (
	"crypto/x509"
	"errors"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime/entity"
)

// CheckRecipient reports whether we can encrypt for this certificate's key at all: type, size and curve. The error is a
// *fault.Fault of kind Refused.
func CheckRecipient(c *x509.Certificate) error { return Profile{}.CheckRecipient(c) }

// CheckRecipient asks for one profile.
func (p Profile) CheckRecipient(c *x509.Certificate) error {
	err := p.encrypting(nil).CheckRecipient(c)
	if err == nil {
		return nil
	}
	return fault.New(fault.Refused, "certificate_key_unsupported", fault.Sentence{
		DA: "Modtagerens certifikat har en nøgle, som der ikke kan krypteres sikkert til. Bed modtageren om et nyt certifikat.",
		EN: "The recipient's certificate has a key that cannot be encrypted to securely. Ask the recipient for a new certificate.",
	}, err)
}

// signerFault is about our own key, which the sender can do nothing about.
func signerFault(cause error) error {
	if errors.Is(cause, cms.ErrNotAsked) { // the device says itself what is wrong with it, and whether waiting helps
		return cause
	}
	return fault.New(fault.Internal, "signing_failed", fault.Sentence{
		DA: "Mailen kunne ikke underskrives med funktionspostkassens certifikat. Intet er sendt. Kontakt support.",
		EN: "The mail could not be signed with the function mailbox's certificate. Nothing was sent. Contact support.",
	}, cause)
}

// notOpenedFault is the one answer to everything that goes wrong behind a private key, in the log too: who may read the log
// is not who may read the mail.
func notOpenedFault() error {
	return fault.New(fault.Invalid, "mail_not_opened", fault.Sentence{
		DA: "Mailen kunne ikke åbnes. Den er beskadiget eller ændret undervejs, og indholdet vises derfor ikke. Bed afsenderen om at sende den igen.",
		EN: "The mail could not be opened. It was damaged or altered on its way, so its content is not shown. Ask the sender to send it again.",
	}, cms.ErrDecrypt)
}

func tooLargeFault() error {
	return fault.New(fault.TooLarge, "mail_too_large", fault.Sentence{
		DA: "Mailen er for stor til at blive åbnet. Bed afsenderen om at dele den op i flere mails.",
		EN: "The mail is too large to be opened. Ask the sender to split it into several mails.",
	}, nil)
}

// openFault tells what is wrong with a mail as everybody on its way could see it.
func openFault(cause error) error {
	switch {
	case errors.Is(cause, cms.ErrNotAsked):
		return cause
	case errors.Is(cause, cms.ErrNoRecipient):
		return fault.New(fault.NotFound, "mail_key_not_found", fault.Sentence{
			DA: "Mailen er ikke krypteret til nogen af postkassens nøgler. Send postkassens nyeste certifikat til afsenderen, og bed om at få mailen igen.",
			EN: "The mail is not encrypted to any of the mailbox's keys. Send the sender the mailbox's newest certificate and ask for the mail again.",
		}, cause)
	case errors.Is(cause, cms.ErrSignature):
		return fault.New(fault.Invalid, "signature_invalid", fault.Sentence{
			DA: "Mailens underskrift passer ikke til indholdet, som kan være ændret undervejs og derfor ikke vises. Bed afsenderen om at sende den igen.",
			EN: "The mail's signature does not fit its content, which may have been altered and is therefore not shown. Ask the sender to send it again.",
		}, cause)
	case errors.Is(cause, cms.ErrUnsupported), errors.Is(cause, cms.ErrWrongType), errors.Is(cause, errNoSigners):
		return fault.New(fault.Unsupported, "mail_protection_unsupported", fault.Sentence{
			DA: "Mailen er beskyttet på en måde, som vi ikke kan læse. Bed afsenderen om at sende den krypteret med AES.",
			EN: "The mail is protected in a way that we cannot read. Ask the sender to send it encrypted with AES.",
		}, cause)
	case errors.Is(cause, cms.ErrMalformed), errors.Is(cause, entity.ErrMalformed), errors.Is(cause, errTooDeep):
		return fault.New(fault.Invalid, "mail_malformed", fault.Sentence{
			DA: "Mailen er ødelagt eller ikke fuldstændig og kan ikke åbnes. Bed afsenderen om at sende den igen.",
			EN: "The mail is broken or incomplete and cannot be opened. Ask the sender to send it again.",
		}, cause)
	}
	return cause
}
