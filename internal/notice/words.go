package notice

import "aau.dk/sendsikker/internal/fault"

// say keeps the tables below on one line each.
func say(da, en string) fault.Sentence { return fault.Sentence{DA: da, EN: en} }

// how says in everyday words how the mail travelled. An unknown route claims no protection.
func how(route string) fault.Sentence {
	switch route {
	case "smime":
		return say("Krypteret, så kun modtageren kan læse den.", "Encrypted, so that only the recipient can read it.")
	case "digitalpost":
		return say("Afleveret til Digital Post.", "Handed to Digital Post.")
	case "tls":
		return say("Sendt over en krypteret forbindelse til modtagerens mailserver.",
			"Sent over an encrypted connection to the recipient's mail server.")
	case "locked":
		return say("De vedhæftede filer er låst med en adgangskode. Selve teksten er ikke krypteret.",
			"The attached files are locked with a passphrase. The text itself is not encrypted.")
	case "plain":
		return say("Sendt som almindelig mail uden kryptering, fordi afsenderen valgte det.",
			"Sent as ordinary mail without encryption, because the sender chose so.")
	case "internal":
		return say("Almindelig mail inden for organisationen.", "Ordinary mail within the organisation.")
	}
	return say("Sendt.", "Sent.")
}

// secure is false where the subject line must not say "securely".
func secure(route string) bool {
	switch route {
	case "smime", "digitalpost", "tls", "internal":
		return true
	}
	return false
}

// headline is the beginning of the subject and the large line on the page.
func headline(bad, unknown, good int, safe bool) fault.Sentence {
	switch {
	case bad > 0 && good+unknown > 0:
		return say("Fejlrapport: ikke sendt til alle", "Error report: not sent to everybody")
	case bad > 0:
		return say("Fejlrapport: ikke sendt", "Error report: not sent")
	case unknown > 0:
		return say("Fejlrapport: uvist, om mailen er sendt", "Error report: unclear whether the mail was sent")
	case safe:
		return say("Kvittering: sendt sikkert", "Receipt: sent securely")
	}
	return say("Kvittering: sendt", "Receipt: sent")
}

// heading and lead stand over the recipients who share an outcome.
func heading(o outcome) (title, lead fault.Sentence) {
	switch o {
	case failed:
		return say("Intet er nået frem til", "Nothing reached"),
			say("Mailen er ikke sendt til dem, der står her. Læs hvorfor, og hvad du kan gøre.",
				"The mail was not sent to those listed here. Read why, and what you can do.")
	case sent:
		return say("Sendt til", "Sent to"),
			say("«Sendt» betyder, at mailen er afleveret til videre forsendelse. Kan modtagerens mailserver ikke tage imod den, kommer der besked i denne postkasse.",
				"“Sent” means that the mail was handed over for transport. If the recipient's mail server cannot take it, a message about that arrives in this mailbox.")
	case unclear:
	}
	return say("Uvist, om den er nået frem til", "Unclear whether it reached"),
		say("Mailen kan være sendt til dem, der står her, men vi fik intet klart svar. Spørg dem, før du sender igen, så de ikke får den to gange.",
			"The mail may have been sent to those listed here, but we got no clear answer. Ask them before you send again, so that they do not get it twice.")
}

// noReason stands where nobody said why.
func noReason(o outcome) fault.Sentence {
	if o == failed {
		return say("Vi har ingen forklaring på hvorfor. Prøv igen, eller kontakt modtageren på en anden måde.",
			"We have no explanation. Try again, or reach the recipient in another way.")
	}
	return say("Spørg modtageren, om mailen er kommet.", "Ask the recipient whether the mail has arrived.")
}

// once stands over the sent ones of an error report.
func once() fault.Sentence {
	return say("De skal ikke have mailen igen.", "They must not get the mail again.")
}

// colleagues counts the internal recipients who got the mail; others is whether anybody else is listed above them.
func colleagues(n int, others bool) fault.Sentence {
	one := n == 1
	switch {
	case others && one:
		return say("… og til 1 modtager i organisationen, som har fået den som almindelig mail.",
			"… and to 1 recipient within the organisation, who got it as ordinary mail.")
	case others:
		return say("… og til "+count(n)+" modtagere i organisationen, som har fået den som almindelig mail.",
			"… and to "+count(n)+" recipients within the organisation, who got it as ordinary mail.")
	case one:
		return say("1 modtager i organisationen har fået den som almindelig mail.",
			"1 recipient within the organisation got it as ordinary mail.")
	}
	return say(count(n)+" modtagere i organisationen har fået den som almindelig mail.",
		count(n)+" recipients within the organisation got it as ordinary mail.")
}
