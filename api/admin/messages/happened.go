package messages

import (
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// happened says an event in words.
func happened(e store.Event) fault.Sentence {
	switch e.What {
	case store.Accepted:
		return fault.Sentence{DA: "Modtaget fra afsenderen", EN: "Accepted from the sender"}
	case store.Drafted:
		return fault.Sentence{DA: "Kladde lægges i funktionspostkassen", EN: "A draft is being put into the function mailbox"}
	case store.SendBegun:
		return fault.Sentence{DA: "Sendes", EN: "Being sent"}
	case store.Looked:
		return fault.Sentence{DA: "Undersøgt, hvad der blev af den", EN: "Looked up what became of it"}
	case store.SentOff:
		if e.Code == "decided" {
			return fault.Sentence{DA: "En administrator har afgjort, at den kom frem", EN: "An administrator has decided that it arrived"}
		}
		return fault.Sentence{DA: "Sendt", EN: "Sent"}
	case store.Refused:
		return fault.Sentence{DA: "Kunne ikke sendes", EN: "Could not be sent"}
	case store.Unsure:
		return fault.Sentence{DA: "Uafklaret: den kan være sendt", EN: "Unclear: it may have been sent"}
	case store.Cancelled:
		return fault.Sentence{DA: "Fortrudt af afsenderen", EN: "Taken back by the sender"}
	case store.SentAgain:
		return fault.Sentence{DA: "En administrator har sat den til at blive sendt igen", EN: "An administrator has set it to be sent again"}
	case store.Receipt:
		if e.Code == store.Again {
			return fault.Sentence{DA: "Kvittering lagt i funktionspostkassen igen", EN: "Receipt put into the function mailbox again"}
		}
		return fault.Sentence{DA: "Kvittering lagt i funktionspostkassen", EN: "Receipt put into the function mailbox"}
	case store.Report:
		if e.Code == store.Again {
			return fault.Sentence{DA: "Fejlrapport lagt i funktionspostkassen igen", EN: "Error report put into the function mailbox again"}
		}
		return fault.Sentence{DA: "Fejlrapport lagt i funktionspostkassen", EN: "Error report put into the function mailbox"}
	}
	return fault.Sentence{DA: string(e.What), EN: string(e.What)}
}
