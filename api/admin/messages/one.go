package messages

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

type shown struct {
	sending.Inspection
	State    sending.Outcome
	Entitled bool     // to the subject
	Doubts   []copied // copies that a person must decide about
	Manages  bool     // the visitor may
	Lines    []eventLine
}

// copied is a copy and the addresses that it goes to.
type copied struct {
	ID         string
	Addresses  []string
	Recipients []sending.Recipient
}

// eventLine is one event of the time line, with whom it is about where that is not everybody.
type eventLine struct {
	store.Event
	Say       fault.Sentence
	Addresses []string
}

func (p page) find(r *http.Request, v frame.Visitor) (shown, error) {
	id := r.PathValue("id")
	if uuid.Validate(id) != nil {
		id = uuid.Nil.String() // what is no number is nobody's: the answer is the same
	}
	m, err := p.Sending.Inspect(r.Context(), v.Scope(), id, v.LooksAfter)
	if err != nil {
		return shown{}, err
	}
	s := shown{Inspection: m, State: m.Outcome(), Entitled: v.LooksAfter(m.MailboxID), Manages: v.Manages(m.MailboxID)}
	copies := copiesOf(m)
	for _, c := range copies {
		if c.Recipients[0].State == store.Unknown {
			s.Doubts = append(s.Doubts, c)
		}
	}
	for _, e := range m.Events {
		line := eventLine{Event: e, Say: happened(e)}
		if at := slices.IndexFunc(copies, func(c copied) bool { return c.ID == e.DeliveryID }); at >= 0 && len(copies) > 1 {
			line.Addresses = copies[at].Addresses
		}
		s.Lines = append(s.Lines, line)
	}
	return s, nil
}

func copiesOf(m sending.Inspection) []copied {
	var list []copied
	for _, r := range m.Recipients {
		at := slices.IndexFunc(list, func(c copied) bool { return c.ID == r.Copy })
		if at < 0 {
			at = len(list)
			list = append(list, copied{ID: r.Copy})
		}
		list[at].Addresses = append(list[at].Addresses, r.Recipient.Address)
		list[at].Recipients = append(list[at].Recipients, r)
	}
	return list
}

func (p page) one(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	s, err := p.find(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("message.html", fault.Sentence{DA: "En besked", EN: "A message"}, s), nil
}

// doubt is the copy that the address names, if a person must decide about it and the visitor may.
func (p page) doubt(r *http.Request, v frame.Visitor) (shown, error) {
	s, err := p.find(r, v)
	if err != nil {
		return s, err
	}
	if !s.Manages {
		return s, notYours()
	}
	s.Doubts = slices.DeleteFunc(s.Doubts, func(c copied) bool { return c.ID != r.PathValue("copy") })
	if len(s.Doubts) == 0 {
		return s, fault.New(fault.Conflict, "copy_not_in_doubt", fault.Sentence{
			DA: "Kopien er ikke uafklaret længere; måske har en anden taget stilling.", EN: "The copy is no longer in doubt; somebody else may have decided.",
		}, nil)
	}
	return s, nil
}

func notYours() error {
	return fault.New(fault.Forbidden, "mailbox_not_yours", fault.Sentence{
		DA: "Kun postkassens administratorer kan tage stilling til den.", EN: "Only the mailbox's administrators can decide about it.",
	}, nil)
}

// ask shows what the decision is about, before it is made.
func (p page) ask(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	s, err := p.doubt(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("decide.html", fault.Sentence{DA: "Kom mailen frem?", EN: "Did the mail arrive?"}, s), nil
}

func (p page) decide(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	s, err := p.doubt(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	decision := r.PostFormValue("decision")
	if decision != "arrived" && decision != "again" || decision == "again" && r.PostFormValue("sure") != "yes" {
		return frame.Answer{}, fault.New(fault.Invalid, "decision_missing", fault.Sentence{
			DA: "Vælg, om mailen kom frem. Skal den sendes igen, skal du også bekræfte, at modtageren kan få den to gange. Intet er ændret.",
			EN: "Choose whether the mail arrived. If it is to be sent again, also confirm that the recipient may get it twice. Nothing was changed.",
		}, nil)
	}
	if err := p.Sending.Resolve(r.Context(), callerOf(v), s.Doubts[0].ID, decision == "arrived"); err != nil {
		return frame.Answer{}, err
	}
	told := fault.Sentence{DA: "Noteret: mailen kom frem.", EN: "Noted: the mail arrived."}
	if decision == "again" {
		told = fault.Sentence{DA: "Mailen sendes igen.", EN: "The mail is being sent again."}
	}
	return frame.Go(listPath + "/" + s.ID).Tell(told), nil
}
