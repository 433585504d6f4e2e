package submission

import "aau.dk/sendsikker/internal/fault"

// The sentences hold no name, address or id: they also stand in error reports that are read by more people than the sender.
var (
	sayUnavailable = fault.Sentence{
		DA: "Mailserveren i Microsoft 365 svarer ikke, som den skal, lige nu. Vi prøver igen; du behøver ikke gøre noget.",
		EN: "The mail server of Microsoft 365 does not answer as it should right now. We will try again; you need not do anything.",
	}
	sayThrottled = fault.Sentence{
		DA: "Mailserveren i Microsoft 365 beder os vente lidt, fordi postkassen sender meget. Vi prøver igen om lidt; du behøver ikke gøre noget.",
		EN: "The mail server of Microsoft 365 asks us to wait a little, because the mailbox sends a lot. We will try again soon; you need not do anything.",
	}
	sayUnclear = fault.Sentence{
		DA: "Mailserveren i Microsoft 365 svarede ikke tydeligt, så vi ved endnu ikke, om mailen er sendt. Vi undersøger det og sender den ikke igen på må og få. Send den ikke igen selv.",
		EN: "The mail server of Microsoft 365 gave no clear answer, so we do not know yet whether the mail was sent. We are looking into it and will not send it again blindly. Do not send it again yourself.",
	}
	sayToken = fault.Sentence{
		DA: "Vi kan ikke logge ind i Microsoft 365 lige nu. Intet er sendt. Vi prøver igen.",
		EN: "We cannot sign in to Microsoft 365 right now. Nothing was sent. We will try again.",
	}
	sayDisabled = fault.Sentence{
		DA: "Postkassen må ikke sende gennem mailserveren (SMTP AUTH er slået fra). Mailen er ikke sendt. Bed administratoren om at slå det til for postkassen.",
		EN: "The mailbox may not send through the mail server (SMTP AUTH is switched off). The mail was not sent. Ask the administrator to switch it on for the mailbox.",
	}
	saySendAsDenied = fault.Sentence{
		DA: "Microsoft 365 tillader ikke, at der sendes fra postkassens adresse. Mailen er ikke sendt. Bed administratoren om at se på postkassens afsenderadresse.",
		EN: "Microsoft 365 does not allow sending from the mailbox's address. The mail was not sent. Ask the administrator to look at the mailbox's sender address.",
	}
	sayMailbox = fault.Sentence{
		DA: "Postkassens adresse kan ikke bruges. Mailen er ikke sendt. Bed administratoren om at se på postkassens adresse.",
		EN: "The mailbox's address cannot be used. The mail was not sent. Ask the administrator to look at the mailbox's address.",
	}
	sayRecipients = fault.Sentence{
		DA: "Microsoft 365 siger, at en modtageradresse ikke kan bruges. Mailen er ikke sendt til nogen. Ret modtagerens adresse, og send igen.",
		EN: "Microsoft 365 says that a recipient's address cannot be used. The mail was sent to nobody. Correct the recipient's address and send again.",
	}
	sayTooLarge = fault.Sentence{
		DA: "Mailen er for stor til at blive sendt fra postkassen. Den er ikke sendt. Gør vedhæftningerne mindre, eller fordel dem på flere mails.",
		EN: "The mail is too large to be sent from the mailbox. It was not sent. Make the attachments smaller, or spread them over several mails.",
	}
	sayDailyLimit = fault.Sentence{
		DA: "Postkassen har sendt til så mange modtagere i dag, at Microsoft 365 ikke tager flere. Mailen er ikke sendt. Send den igen i morgen.",
		EN: "The mailbox has sent to so many recipients today that Microsoft 365 takes no more. The mail was not sent. Send it again tomorrow.",
	}
	sayLines = fault.Sentence{
		DA: "Mailen har en form, som mailserveren ikke kan tage uden at ændre den. Den er ikke sendt. Kontakt administratoren.",
		EN: "The mail has a form that the mail server cannot take without changing it. It was not sent. Contact the administrator.",
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
