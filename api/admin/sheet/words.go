package sheet

import (
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sheet"
)

// reasonName is why something was stopped, in words; a code that has none yet is shown as it is.
func reasonName(r sheet.Reason) fault.Sentence {
	switch r.Code {
	case "recipients_refused":
		return fault.Sentence{DA: "En eller flere modtagere kunne ikke nås sikkert", EN: "One or more recipients could not be reached securely"}
	case "mailbox_not_granted":
		return fault.Sentence{DA: "Afsenderen havde ikke adgang til postkassen", EN: "The sender had no right to the mailbox"}
	case "mailbox_certificate_expired":
		return fault.Sentence{DA: "Postkassens eget certifikat gjaldt ikke", EN: "The mailbox's own certificate was not valid"}
	case "no_certificate":
		return fault.Sentence{DA: "Modtageren har intet certifikat", EN: "The recipient has no certificate"}
	case "expired", "not_yet_valid", "issuer_expired":
		return fault.Sentence{DA: "Modtagerens certifikat, eller udstederens, gjaldt ikke", EN: "The recipient's certificate, or its authority's, was not valid"}
	case "revoked":
		return fault.Sentence{DA: "Modtagerens certifikat er spærret", EN: "The recipient's certificate is revoked"}
	case "revocation_unknown", "revocation_unpublished":
		return fault.Sentence{DA: "Det kunne ikke ses, om modtagerens certifikat er spærret", EN: "It could not be seen whether the recipient's certificate is revoked"}
	case "unknown_issuer", "wrong_profile", "bad_path", "forged":
		return fault.Sentence{DA: "Udstederen af modtagerens certifikat er ikke godkendt", EN: "The authority of the recipient's certificate is not trusted"}
	case "wrong_address":
		return fault.Sentence{DA: "Certifikatet tilhører en anden end modtageren", EN: "The certificate belongs to somebody else than the recipient"}
	case "weak_key", "weak_signature", "unsupported_key", "unsupported", "malformed":
		return fault.Sentence{DA: "Modtagerens certifikat er for svagt eller kan ikke læses", EN: "The recipient's certificate is too weak or cannot be read"}
	case "wrong_usage", "wrong_policy":
		return fault.Sentence{DA: "Modtagerens certifikat er udstedt til noget andet", EN: "The recipient's certificate was issued for something else"}
	}
	return fault.Sentence{DA: r.Code, EN: r.Code}
}
