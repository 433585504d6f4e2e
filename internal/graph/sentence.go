package graph

import "aau.dk/sendsikker/internal/fault"

// The sentences hold no name, address or id: they also stand in error reports that are read by more people than the
// sender.
var (
	sayUnavailable = fault.Sentence{
		DA: "Microsoft 365 svarer ikke, som det skal, lige nu. Vi prøver igen; du behøver ikke gøre noget.",
		EN: "Microsoft 365 does not answer as it should right now. We will try again; you need not do anything.",
	}
	sayThrottled = fault.Sentence{
		DA: "Microsoft 365 beder os vente lidt, fordi postkassen har travlt. Vi prøver igen om lidt; du behøver ikke gøre noget.",
		EN: "Microsoft 365 asks us to wait a little, because the mailbox is busy. We will try again soon; you need not do anything.",
	}
	sayUnclear = fault.Sentence{
		DA: "Microsoft 365 svarede ikke tydeligt, så vi ved endnu ikke, om mailen er sendt. Vi undersøger det og sender den ikke igen på må og få. Send den ikke igen selv.",
		EN: "Microsoft 365 gave no clear answer, so we do not know yet whether the mail was sent. We are looking into it and will not send it again blindly. Do not send it again yourself.",
	}
	sayForbidden = fault.Sentence{
		DA: "Systemet har ikke adgang til postkassen i Microsoft 365. Mailen er ikke sendt. Bed administratoren om at give systemet adgang.",
		EN: "The system has no access to the mailbox in Microsoft 365. The mail was not sent. Ask the administrator to give the system access.",
	}
	saySendAsDenied = fault.Sentence{
		DA: "Microsoft 365 tillader ikke, at der sendes fra postkassens adresse. Mailen er ikke sendt. Bed administratoren om at se på postkassens afsenderadresse.",
		EN: "Microsoft 365 does not allow sending from the mailbox's address. The mail was not sent. Ask the administrator to look at the mailbox's sender address.",
	}
	sayInvalidRecipients = fault.Sentence{
		DA: "Microsoft 365 siger, at en modtageradresse ikke kan bruges. Mailen er ikke sendt. Ret modtagerens adresse, og send igen.",
		EN: "Microsoft 365 says that a recipient's address cannot be used. The mail was not sent. Correct the recipient's address and send again.",
	}
	sayTooLarge = fault.Sentence{
		DA: "Mailen er for stor til at blive sendt gennem Microsoft 365. Den er ikke sendt. Gør vedhæftningerne mindre, eller fordel dem på flere mails.",
		EN: "The mail is too large to be sent through Microsoft 365. It was not sent. Make the attachments smaller, or spread them over several mails.",
	}
	sayMailboxUnknown = fault.Sentence{
		DA: "Postkassen findes ikke i Microsoft 365. Mailen er ikke sendt. Bed administratoren om at se på postkassens adresse.",
		EN: "The mailbox does not exist in Microsoft 365. The mail was not sent. Ask the administrator to look at the mailbox's address.",
	}
	sayMailboxFull = fault.Sentence{
		DA: "Postkassen er fuld i Microsoft 365. Mailen er ikke sendt. Ryd op i postkassen, og send igen.",
		EN: "The mailbox is full in Microsoft 365. The mail was not sent. Make room in the mailbox and send again.",
	}
	sayDirectoryForbidden = fault.Sentence{
		DA: "Vi har ikke ret til at slå op i organisationens katalog. Skriv et objekt-id eller klient-id i stedet, eller giv programmet rettigheden User.ReadBasic.All og GroupMember.Read.All i Entra.",
		EN: "We have no right to look into the organisation's directory. Type an object id or client id instead, or give the application the rights User.ReadBasic.All and GroupMember.Read.All in Entra.",
	}
	sayEntryUnknown = fault.Sentence{
		DA: "Den findes ikke længere i organisationens katalog.",
		EN: "It is no longer in the organisation's directory.",
	}
	sayPersonUnknown = fault.Sentence{
		DA: "Vi kan ikke finde dig i Microsoft 365, så vi kan ikke se, hvilke grupper du er med i. Kontakt administratoren.",
		EN: "We cannot find you in Microsoft 365, so we cannot see which groups you belong to. Contact the administrator.",
	}
	sayNotArrived = fault.Sentence{
		DA: "Mailen er ikke dukket op i postkassens indbakke endnu. Vent lidt, og se efter den dér og i Uønsket mail.",
		EN: "The mail has not turned up in the mailbox's Inbox yet. Wait a little, and look for it there and in Junk Email.",
	}
	sayRefused = fault.Sentence{
		DA: "Microsoft 365 afviste mailen. Den er ikke sendt. Prøv igen, og kontakt administratoren, hvis det sker igen.",
		EN: "Microsoft 365 refused the mail. It was not sent. Try again, and contact the administrator if it happens again.",
	}
	sayInternal = fault.Sentence{
		DA: "Der skete en fejl hos os, mens mailen blev gjort klar. Den er ikke sendt. Vi prøver igen.",
		EN: "Something went wrong on our side while the mail was made ready. It was not sent. We will try again.",
	}
)
