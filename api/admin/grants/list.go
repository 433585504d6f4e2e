package grants

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

const maxSought = 100

type row struct {
	store.Mailbox
	People, Groups, Applications int
}

// Nobody: there is no right at all.
func (r row) Nobody() bool { return r.People+r.Groups+r.Applications == 0 }

func (p page) list(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	list, err := p.Store.MailboxesIn(r.Context(), v.Scope())
	if err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	rows := make([]row, len(list))
	for i, m := range list {
		rows[i].Mailbox = m
		grants, err := p.Store.Grants(r.Context(), m.ID)
		if err != nil {
			return frame.Answer{}, frame.Away(err)
		}
		for _, g := range grants {
			switch g.Kind {
			case "person":
				rows[i].People++
			case "group":
				rows[i].Groups++
			default:
				rows[i].Applications++
			}
		}
	}
	return frame.Show("grants.html", fault.Sentence{DA: "Adgange", EN: "Grants"}, rows), nil
}

type shown struct {
	store.Mailbox
	mailbox.Senders
	Changes, Appoints bool
	Care              []mailbox.Right // the local administrators
	Kind, Sought      string
	Found             []mailbox.Named
	Searched          bool
	Trouble           *fault.Sentence // what came of the search
}

// Holds says whether somebody has the right already.
func (s shown) Holds(n mailbox.Named) bool {
	return slices.ContainsFunc(s.Rights, func(r mailbox.Right) bool { return r.Kind == n.Kind && r.Grant.Subject == n.ID })
}

// Cares says whether somebody looks after the mailbox already.
func (s shown) Cares(n mailbox.Named) bool {
	return slices.ContainsFunc(s.Care, func(r mailbox.Right) bool { return r.Kind == n.Kind && r.Grant.Subject == n.ID })
}

func (p page) one(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	m, err := p.seen(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	s := shown{Mailbox: m, Changes: v.Manages(m.ID), Appoints: v.Is(frame.Administrator), Kind: "person"}
	grants, err := p.Store.Grants(r.Context(), m.ID)
	if err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	care, err := p.Store.LocalAdministrators(r.Context(), m.ID)
	if err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	s.Senders = mailbox.WhoSends(r.Context(), p.Book, grants)
	s.Care = p.named(r, care, s.Problem != nil)
	if s.Changes {
		p.search(r, &s)
	}
	return frame.Show("grant.html", fault.Sentence{DA: "Hvem kan sende fra " + m.Name + "?", EN: "Who can send as " + m.Name + "?"}, s), nil
}

// named gives the local administrators their names, where the directory tells.
func (p page) named(r *http.Request, care []store.LocalAdministrator, silent bool) []mailbox.Right {
	var subjects []store.Grant
	for _, c := range care {
		subjects = append(subjects, store.Grant{Kind: c.Kind, Subject: c.Subject})
	}
	var known []mailbox.Named
	if !silent && len(subjects) > 0 {
		known, _ = p.Book.Named(r.Context(), subjects) // without names they are shown by their ids
	}
	list := make([]mailbox.Right, len(subjects))
	for i, g := range subjects {
		list[i] = mailbox.Right{Grant: g, Named: mailbox.Named{Kind: g.Kind, ID: g.Subject}}
		for _, n := range known {
			if n.Kind == g.Kind && n.ID == g.Subject {
				list[i].Named = n
			}
		}
	}
	return list
}

func (p page) search(r *http.Request, s *shown) {
	q := r.URL.Query()
	if kind := q.Get("kind"); slices.Contains([]string{"person", "group", "application"}, kind) {
		s.Kind = kind
	}
	s.Sought = strings.TrimSpace(q.Get("q"))
	if s.Sought == "" {
		return
	}
	s.Searched = true
	if len(s.Sought) > maxSought {
		s.Sought = ""
		return
	}
	if id, err := uuid.Parse(s.Sought); err == nil {
		// Found or not: the directory may be closed to us, and an administrator reads ids in Entra.
		g := store.Grant{Kind: s.Kind, Subject: id.String()}
		s.Found = []mailbox.Named{{Kind: g.Kind, ID: g.Subject}}
		if known, err := p.Book.Named(r.Context(), []store.Grant{g}); err == nil && len(known) > 0 {
			s.Found = known[:1]
		}
		return
	}
	found, err := p.Book.Search(r.Context(), s.Kind, s.Sought)
	if err != nil {
		s.Trouble = &fault.From(err).Say
		return
	}
	s.Found = found
}
