package proof

import "aau.dk/sendsikker/internal/fault"

// What an administrator can do. The commands are those of Exchange Online PowerShell.
var (
	sayNothing = fault.Sentence{}

	sayFixReport = fault.Sentence{
		DA: "Det er en fejl i Send sikker selv. Meld den.",
		EN: "This is a fault in Send sikker itself. Report it.",
	}
	sayFixAgain = fault.Sentence{
		DA: "Kør prøven igen om lidt. Går det stadig galt, så vælg den anden vej til store mails.",
		EN: "Run the proof again in a while. If it still goes wrong, choose the other way for large mail.",
	}
	sayFixSize = fault.Sentence{
		DA: "Hæv postkassens grænse (Set-Mailbox -MaxSendSize 150MB -MaxReceiveSize 150MB), eller sæt grænsen i opsætningen ned til postkassens.",
		EN: "Raise the mailbox's limit (Set-Mailbox -MaxSendSize 150MB -MaxReceiveSize 150MB), or lower the limit in the configuration to the mailbox's.",
	}
	sayFixAccess = fault.Sentence{
		DA: "Giv programmet rollen til postkassen (New-ManagementRoleAssignment -Role 'Application Mail.ReadWrite' og 'Application Mail.Send'; til SMTP 'Application SMTP.SendAsApp'), og slå SMTP AUTH til, hvis den vej bruges (Set-CASMailbox -SmtpClientAuthenticationDisabled $false).",
		EN: "Give the program the role for the mailbox (New-ManagementRoleAssignment -Role 'Application Mail.ReadWrite' and 'Application Mail.Send'; for SMTP 'Application SMTP.SendAsApp'), and switch SMTP AUTH on if that way is used (Set-CASMailbox -SmtpClientAuthenticationDisabled $false).",
	}
	sayFixArrival = fault.Sentence{
		DA: "Se i postkassens Uønsket mail og efter en fejlmeddelelse i indbakken: som regel er MaxReceiveSize mindre end mailen, eller en transportregel holder den tilbage.",
		EN: "Look into the mailbox's Junk Email and for a non-delivery report in the Inbox: as a rule MaxReceiveSize is below the size of the mail, or a transport rule holds it back.",
	}
	sayFixFetch = fault.Sentence{
		DA: "Mailen er kommet frem, men kan ikke hentes. Giv programmet adgang til at læse postkassen ('Application Mail.ReadWrite'), og kør prøven igen.",
		EN: "The mail has arrived but cannot be fetched. Give the program access to read the mailbox ('Application Mail.ReadWrite'), and run the proof again.",
	}
	sayFixType = fault.Sentence{
		DA: "Exchange laver mailen om på denne vej, så modtagerens program kan ikke se, at den er krypteret. Vælg den anden vej til store mails, eller afvis dem.",
		EN: "Exchange makes the mail over on this way, so the recipient's program cannot see that it is encrypted. Choose the other way for large mail, or refuse it.",
	}
	sayFixBytes = fault.Sentence{
		DA: "Noget på vejen ændrer det krypterede, og så kan det ikke åbnes. Undtag S/MIME-mails fra transportregler, der tilføjer tekst, og fra gateways, der scanner; ellers vælg den anden vej.",
		EN: "Something on the way changes what is encrypted, and then it cannot be opened. Exempt S/MIME mail from transport rules that add text and from gateways that scan; otherwise choose the other way.",
	}
)

// fixFor is what to do about a send that did not succeed.
func fixFor(err error) fault.Sentence {
	switch fault.KindOf(err) {
	case fault.TooLarge:
		return sayFixSize
	case fault.Rejected:
		return sayFixAccess
	case fault.Internal:
		return sayFixReport
	default:
		return sayFixAgain
	}
}
