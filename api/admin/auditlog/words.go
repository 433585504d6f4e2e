package auditlog

import (
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
)

// nameOf is an action in words; one that has none yet is shown as it is written.
func nameOf(action string) fault.Sentence {
	switch audit.Action(action) {
	case audit.MessageAccepted:
		return fault.Sentence{DA: "Mail modtaget til afsendelse", EN: "Mail accepted for sending"}
	case audit.MessageCancelled:
		return fault.Sentence{DA: "Mail fortrudt", EN: "Mail taken back"}
	case audit.DeliveryResolved:
		return fault.Sentence{DA: "Uafklaret mail afgjort", EN: "Unclear mail decided"}
	case audit.NoticeAsked:
		return fault.Sentence{DA: "Kvittering eller fejlrapport bestilt igen", EN: "Receipt or error report asked for again"}
	case audit.MailboxPut:
		return fault.Sentence{DA: "Postkasse tilføjet eller ændret", EN: "Mailbox added or changed"}
	case audit.MailboxSet:
		return fault.Sentence{DA: "Postkassens indstillinger ændret", EN: "Mailbox settings changed"}
	case audit.MailboxTried:
		return fault.Sentence{DA: "Postkassen prøvet", EN: "Mailbox tried"}
	case audit.KeyRequested:
		return fault.Sentence{DA: "Nøgle lavet, certifikat bestilt", EN: "Key made, certificate requested"}
	case audit.KeyHeld:
		return fault.Sentence{DA: "Nøgle lagt ind, ikke taget i brug", EN: "Key brought in, not in use yet"}
	case audit.KeyPlanned:
		return fault.Sentence{DA: "Nøgleskift planlagt", EN: "Change of key planned"}
	case audit.KeySwitched:
		return fault.Sentence{DA: "Nøgle taget i brug", EN: "Key put to use"}
	case audit.KeyDropped:
		return fault.Sentence{DA: "Ubrugt nøgle fjernet", EN: "Unused key removed"}
	case audit.BackupRestored:
		return fault.Sentence{DA: "Sikkerhedskopi indlæst", EN: "Backup restored"}
	case audit.GrantPut:
		return fault.Sentence{DA: "Adgang givet", EN: "Right given"}
	case audit.GrantDeleted:
		return fault.Sentence{DA: "Adgang fjernet", EN: "Right taken away"}
	case audit.CertificatePut:
		return fault.Sentence{DA: "Certifikat lagt ind", EN: "Certificate pinned"}
	case audit.CertificateHarvested:
		return fault.Sentence{DA: "Certifikat lært af signeret mail", EN: "Certificate learnt from signed mail"}
	case audit.CertificateApproved:
		return fault.Sentence{DA: "Certifikat godkendt", EN: "Certificate approved"}
	case audit.CertificateDeleted:
		return fault.Sentence{DA: "Certifikat fjernet", EN: "Certificate removed"}
	case audit.AuthorityPut:
		return fault.Sentence{DA: "Udsteder godkendt", EN: "Authority trusted"}
	case audit.AuthorityDeleted:
		return fault.Sentence{DA: "Udsteder fjernet", EN: "Authority no longer trusted"}
	case audit.SourceTried:
		return fault.Sentence{DA: "Katalog eller DNS prøvet", EN: "Directory or DNS tried"}
	case audit.SignedIn:
		return fault.Sentence{DA: "Logget ind på administrationen", EN: "Signed in to the administration"}
	case audit.SignedOutEverywhere:
		return fault.Sentence{DA: "Logget ud alle steder", EN: "Signed out everywhere"}
	case audit.LocalAdministratorPut:
		return fault.Sentence{DA: "Lokal administrator tilføjet", EN: "Local administrator added"}
	case audit.LocalAdministratorDeleted:
		return fault.Sentence{DA: "Lokal administrator fjernet", EN: "Local administrator removed"}
	case audit.DetailErased:
		return fault.Sentence{DA: "Modtagere slettet efter frist", EN: "Recipients erased after their time"}
	case audit.LogShortened:
		return fault.Sentence{DA: "Loggen afkortet efter frist", EN: "Log shortened after its time"}
	case audit.LogExported:
		return fault.Sentence{DA: "Loggen hentet som fil", EN: "Log fetched as a file"}
	}
	return fault.Sentence{DA: action, EN: action}
}
