package mailbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// book is a directory of names.
type book struct {
	names   []mailbox.Named
	members map[string][]mailbox.Named
	more    bool
	err     error
}

func (b book) Search(context.Context, string, string) ([]mailbox.Named, error) { return b.names, b.err }

func (b book) Members(_ context.Context, group string, _ int) ([]mailbox.Named, bool, error) {
	return b.members[group], b.more, b.err
}

func (b book) Named(context.Context, []store.Grant) ([]mailbox.Named, error) { return b.names, b.err }

func TestWhoCanSendAndWhy(t *testing.T) {
	t.Parallel()
	grants := []store.Grant{{Kind: "person", Subject: anna}, {Kind: "group", Subject: group}, {Kind: "group", Subject: other}, {Kind: "application", Subject: robot}}
	people := map[string]mailbox.Named{
		anna: {Kind: "person", ID: anna, Name: "Anna"}, birk: {Kind: "person", ID: birk, Name: "birk"},
	}
	b := book{
		names: []mailbox.Named{people[anna], {Kind: "group", ID: group, Name: "HR"}, {Kind: "application", ID: robot, Name: "Sagssystem"}},
		members: map[string][]mailbox.Named{
			group: {people[anna], people[birk]}, other: {people[birk]},
		},
	}
	s := mailbox.WhoSends(t.Context(), b, grants)
	var got []string
	for _, p := range s.People {
		got = append(got, fmt.Sprint(p.Name, " ", p.Direct, " ", p.Groups))
	}
	if want := []string{"Anna true [HR]", "birk false [HR]", "Sagssystem true []"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if len(s.Rights) != 4 || !s.Rights[2].Gone || s.Rights[1].Members != 2 || s.Problem != nil {
		t.Errorf("a group that is gone gives nobody anything, and is shown: %+v", s.Rights)
	}

	b.err = fault.New(fault.Rejected, "graph_directory_forbidden", fault.Sentence{DA: "Nej", EN: "No"}, nil)
	b.names, b.members = nil, nil
	s = mailbox.WhoSends(t.Context(), b, grants)
	if s.Problem == nil || len(s.Rights) != 4 || len(s.People) != 2 || slices.ContainsFunc(s.Rights, func(r mailbox.Right) bool { return r.Gone }) {
		t.Errorf("a directory that says nothing hides who can send: %+v", s)
	}

	s = mailbox.WhoSends(t.Context(), book{names: []mailbox.Named{{Kind: "group", ID: group, Name: "Alle"}}, more: true}, grants[1:2])
	if !s.More || !s.Rights[0].More {
		t.Errorf("a group of thousands looks whole: %+v", s)
	}
}
