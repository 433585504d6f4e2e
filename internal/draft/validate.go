package draft

import (
	"fmt"
	"net/mail"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// MaxRecipients is what Exchange Online takes in one message unless the tenant has changed it (it can be 1 to 1000).
	MaxRecipients = 500
	// MaxSubject, in runes, is Exchange Online's "Subject length limit", and what Outlook lets an add-in set.
	MaxSubject = 255
	// MaxName, in runes, is what Outlook shows of a display name at most (Office.js: EmailAddressDetails.displayName).
	MaxName = 255
	// MaxBodySize, in bytes, for each of HTML and Text. Outlook takes bodies of 1,000,000 characters from an add-in, but
	// pictures that were pasted as data: URLs make some that are several megabytes; the draft is held in memory.
	MaxBodySize = 8 << 20
	// MaxReferences keeps the References field to a few screens; the RFCs set no number. Normalize shortens to it.
	MaxReferences = 100

	maxFields = 50 // of our own: an answer that lists more than this helps nobody
)

// flaws collects what is wrong, so that everything is said at once.
type flaws struct {
	fields  []fault.Field
	invalid bool // something that is not merely too much
}

func (f *flaws) add(name, da, en string) {
	f.invalid = true
	f.put(name, fault.Sentence{DA: da, EN: en})
}

func (f *flaws) tooMuch(name, da, en string) { f.put(name, fault.Sentence{DA: da, EN: en}) }

func (f *flaws) put(name string, say fault.Sentence) {
	if len(f.fields) < maxFields {
		f.fields = append(f.fields, fault.Field{Name: name, Say: say})
	}
}

func (f *flaws) text(name, s string, what fault.Sentence) {
	if found := flawOf(s); found != sound {
		f.invalid = true
		f.put(name, found.say(what))
	}
}

// fault is nil when nothing is wrong.
func (f *flaws) fault() error {
	if len(f.fields) == 0 {
		return nil
	}
	kind, code := fault.TooLarge, "draft_too_large"
	if f.invalid {
		kind, code = fault.Invalid, "draft_invalid"
	}
	return &fault.Fault{Kind: kind, Code: code, Fields: f.fields, Say: fault.Sentence{
		DA: "Mailen kan ikke sendes, som den er. Intet er sendt. Ret det, der står nedenfor, og prøv igen.",
		EN: "The mail cannot be sent as it is. Nothing was sent. Mend what is listed below and try again.",
	}}
}

// Validate names everything that keeps the draft from being sent, as one *fault.Fault: draft_invalid, or draft_too_large
// where only sizes are wrong. It trusts nothing that Normalize does, but a draft that was not normalized may be refused for
// what Normalize would have mended. Whether there is anything in the mail at all is for Compose to say: it sees the files.
func (d *Draft) Validate() error {
	var f flaws
	if _, ok := headerAddress(d.Mailbox); !ok {
		f.add("mailbox", "Vælg den funktionspostkasse, der skal sendes fra.", "Choose the function mailbox to send as.")
	}
	f.recipients(d)
	f.text("subject", d.Subject, fault.Sentence{DA: "Emnet", EN: "The subject"})
	if n := utf8.RuneCountInString(d.Subject); n > MaxSubject {
		f.tooMuch("subject", fmt.Sprintf("Emnet er på %d tegn; der er plads til %d. Gør det kortere.", n, MaxSubject),
			fmt.Sprintf("The subject has %d characters; there is room for %d. Make it shorter.", n, MaxSubject))
	}
	f.body("html", d.HTML)
	f.body("text", d.Text)
	f.choices(d)
	f.thread(d)
	return f.fault()
}

// Recipient gives one address as mail would be sent to it, or the fault that Validate would find in it.
func Recipient(address string) (string, error) {
	address = normalAddress(address)
	if _, ok := headerAddress(address); ok {
		return address, nil
	}
	say := fault.Sentence{
		DA: "Det er ikke en mailadresse, der kan sendes til. Skriv den som navn@eksempel.dk.",
		EN: "This is no address that mail can be sent to. Write it as name@example.com.",
	}
	return "", &fault.Fault{Kind: fault.Invalid, Code: "address_invalid", Say: say, Fields: []fault.Field{{Name: "address", Say: say}}}
}

func (f *flaws) recipients(d *Draft) {
	n := len(d.To) + len(d.Cc) + len(d.Bcc)
	switch {
	case n == 0:
		f.add("to", "Mailen har ingen modtagere. Skriv mindst én.", "The mail has no recipients. Add at least one.")
	case n > MaxRecipients:
		// Not looked at one by one: ten thousand bad addresses are one mistake, and one sentence.
		f.tooMuch("to", fmt.Sprintf("Mailen har %d modtagere; den kan højst have %d. Del den i flere.", n, MaxRecipients),
			fmt.Sprintf("The mail has %d recipients; it can have %d at most. Split it.", n, MaxRecipients))
	default:
		f.addresses("to", d.To)
		f.addresses("cc", d.Cc)
		f.addresses("bcc", d.Bcc)
	}
}

func (f *flaws) addresses(list string, addresses []mail.Address) {
	for i, a := range addresses {
		if _, ok := headerAddress(a.Address); !ok {
			f.add(fmt.Sprintf("%s[%d].address", list, i), "Det er ikke en mailadresse, der kan sendes til. Skriv den som navn@eksempel.dk.",
				"This is no address that mail can be sent to. Write it as name@example.com.")
		}
		name := fmt.Sprintf("%s[%d].name", list, i)
		f.text(name, a.Name, fault.Sentence{DA: "Modtagerens navn", EN: "The recipient's name"})
		if utf8.RuneCountInString(a.Name) > MaxName {
			f.tooMuch(name, fmt.Sprintf("Modtagerens navn er på mere end %d tegn. Gør det kortere.", MaxName),
				fmt.Sprintf("The recipient's name has more than %d characters. Make it shorter.", MaxName))
		}
	}
}

func (f *flaws) body(name, s string) {
	if len(s) > MaxBodySize {
		f.tooMuch(name, fmt.Sprintf("Teksten fylder mere end %d MB. Vedhæft billederne som filer i stedet.", MaxBodySize>>20),
			fmt.Sprintf("The text is larger than %d MB. Attach the pictures as files instead.", MaxBodySize>>20))
	} else if !utf8.ValidString(s) {
		f.add(name, "Teksten er ikke gyldig UTF-8.", "The text is not valid UTF-8.")
	}
}

func (f *flaws) choices(d *Draft) {
	switch d.Importance {
	case "", Low, Normal, High:
	default:
		f.add("importance", "Prioriteten skal være low, normal eller high.", "The importance must be low, normal or high.")
	}
	switch d.Language {
	case "", "da", "en":
	default:
		f.add("language", "Sproget skal være da eller en.", "The language must be da or en.")
	}
}

func (f *flaws) thread(d *Draft) {
	const (
		da = "Henvisningen til den mail, der svares på, kan ikke bruges. Den skal se ud som <id@eksempel.dk>."
		en = "The reference to the mail being answered cannot be used. It must look like <id@example.com>."
	)
	if d.InReplyTo != "" && !usableID(d.InReplyTo) {
		f.add("inReplyTo", da, en)
	}
	for i, id := range d.References {
		if !usableID(id) {
			f.add(fmt.Sprintf("references[%d]", i), da, en)
		}
	}
	if len(d.References) > MaxReferences {
		f.tooMuch("references", fmt.Sprintf("Der er flere end %d henvisninger til tidligere mails.", MaxReferences),
			fmt.Sprintf("There are more than %d references to earlier mails.", MaxReferences))
	}
}
