package mailbox

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// Named is a person, a group or an application as the directory has it.
type Named struct {
	Kind    string // "person", "group" or "application": as of a store.Grant
	ID      string
	Name    string
	Address string
}

// Book is the directory as an administrator asks it. Every answer may be a refusal: an organisation need not let us read it.
type Book interface {
	Search(ctx context.Context, kind, text string) ([]Named, error)
	Members(ctx context.Context, group string, limit int) (list []Named, more bool, err error)
	Named(ctx context.Context, grants []store.Grant) ([]Named, error)
}

// Sender is somebody who can send as a mailbox, and why.
type Sender struct {
	Named
	Groups []string // names of the groups that give it; none: it was given to them alone
	Direct bool     // it was given to themselves
}

// Right is a grant with what the directory knows of it.
type Right struct {
	Grant store.Grant
	Named
	Gone    bool // the directory does not know it any more: it gives nobody anything
	Members int  // of a group, as far as they are shown
	More    bool // there are more
}

// Senders is who can send as a mailbox.
type Senders struct {
	Rights  []Right
	People  []Sender // by name
	More    bool     // a group has more members than are shown
	Problem *fault.Fault
}

const (
	// maxMembers of one group are shown: who wants to know more of it looks in Entra. maxExpanded bounds what one page asks.
	maxMembers  = 200
	maxExpanded = 20
)

// WhoSends expands the grants by the directory. Where that cannot be asked, the grants are told by their ids alone, and Problem says
// why: it must never look as if nobody could send.
func WhoSends(ctx context.Context, book Book, grants []store.Grant) Senders {
	var s Senders
	named, err := book.Named(ctx, grants)
	if err != nil {
		s.Problem = fault.From(err)
	}
	byID := map[string]Named{}
	for _, n := range named {
		byID[n.Kind+" "+n.ID] = n
	}
	people := map[string]*Sender{}
	expanded := 0
	for _, g := range grants {
		n, known := byID[g.Kind+" "+g.Subject]
		if !known {
			n = Named{Kind: g.Kind, ID: g.Subject}
		}
		r := Right{Grant: g, Named: n, Gone: !known && err == nil}
		switch {
		case g.Kind == "group" && s.Problem == nil && !r.Gone:
			if expanded++; expanded > maxExpanded {
				r.More, s.More = true, true
				break
			}
			members, more, err := book.Members(ctx, g.Subject, maxMembers)
			if err != nil {
				s.Problem = fault.From(err)
				break
			}
			r.Members, r.More, s.More = len(members), more, s.More || more
			for _, m := range members {
				add(people, m).Groups = append(add(people, m).Groups, cmp.Or(n.Name, n.ID))
			}
		case g.Kind != "group" && !r.Gone:
			add(people, n).Direct = true
		}
		s.Rights = append(s.Rights, r)
	}
	for _, p := range people {
		s.People = append(s.People, *p)
	}
	slices.SortFunc(s.People, func(a, b Sender) int {
		return cmp.Or(strings.Compare(strings.ToLower(cmp.Or(a.Name, a.ID)), strings.ToLower(cmp.Or(b.Name, b.ID))), strings.Compare(a.ID, b.ID))
	})
	return s
}

func add(people map[string]*Sender, n Named) *Sender {
	key := n.Kind + " " + n.ID
	if people[key] == nil {
		people[key] = &Sender{Named: n}
	}
	return people[key]
}
