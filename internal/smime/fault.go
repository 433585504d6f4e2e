package smime

import (
	"crypto/x509"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
)

// CheckRecipient reports whether we can encrypt for this certificate's key at all: type, size and curve. The error is a
// *fault.Fault of kind Refused.
func CheckRecipient(c *x509.Certificate) error {
	err := cms.CheckRecipient(c)
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
	return fault.New(fault.Internal, "signing_failed", fault.Sentence{
		DA: "Mailen kunne ikke underskrives med funktionspostkassens certifikat. Intet er sendt. Kontakt support.",
		EN: "The mail could not be signed with the function mailbox's certificate. Nothing was sent. Contact support.",
	}, cause)
}
