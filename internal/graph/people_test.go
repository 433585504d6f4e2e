package graph_test

import (
	"net/http"
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

const (
	annaID  = "0e750000-0000-4000-8000-000000000001"
	birkID  = "0e750000-0000-4000-8000-000000000002"
	groupID = "960b0000-0000-4000-8000-000000000001"
	appID   = "a9900000-0000-4000-8000-00000000a002"
)

// town is a directory of a few.
func town(c *exchange.Config) {
	c.Directory = []exchange.Entry{
		{Kind: "user", ID: annaID, Name: "Anna Søgård Eksempel", Address: "anna@aau.example"},
		{Kind: "user", ID: birkID, Name: `Birk "Bi\rk" Eksempel`, Address: "birk@aau.example"},
		{Kind: "group", ID: groupID, Name: "Sagsbehandlere, løn"},
		{Kind: "servicePrincipal", ID: "a9900000-0000-4000-8000-00000000b002", AppID: appID, Name: "Sagssystem"},
	}
	c.Members = func(person string) []string { return map[string][]string{annaID: {groupID}, birkID: {groupID}}[person] }
}

func ids(list []graph.Entry) (ids []string) {
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestPeopleGroupsAndApplicationsAreFoundByName(t *testing.T) {
	t.Parallel()
	h := open(t, town)
	c := client(t, h.url, nil)
	for name, w := range map[string]struct {
		kind graph.EntryKind
		text string
		want []string
	}{
		"by first name":           {graph.Person, "anna", []string{annaID}},
		"by the start of a word":  {graph.Person, "søg", []string{annaID}},
		"by address":              {graph.Person, "birk@aau.example", []string{birkID}},
		"both":                    {graph.Person, "eksempel", []string{annaID, birkID}},
		"quotes and a backslash":  {graph.Person, `"Bi\rk"`, []string{birkID}},
		"an attempt at a clause":  {graph.Person, `x" OR "displayName:anna`, nil},
		"a group":                 {graph.Group, "løn", []string{groupID}},
		"an application":          {graph.Application, "sags", []string{appID}},
		"a person is no group":    {graph.Group, "anna", nil},
		"nothing":                 {graph.Person, "  ", nil},
		"too long to be any name": {graph.Person, string(make([]byte, 5000)), nil},
	} {
		got, err := c.Search(t.Context(), w.kind, w.text)
		if err != nil || !slices.Equal(ids(got), w.want) {
			t.Errorf("%s: %v, %v", name, ids(got), err)
		}
		if len(got) > 0 && (got[0].Name == "" || got[0].Kind != w.kind) {
			t.Errorf("%s: %+v", name, got[0])
		}
	}
}

func TestTheMembersOfAGroupAndTheNamesOfIds(t *testing.T) {
	t.Parallel()
	h := open(t, town)
	c := client(t, h.url, nil)
	list, more, err := c.Members(t.Context(), groupID, 10)
	if err != nil || more || !slices.Equal(ids(list), []string{annaID, birkID}) {
		t.Errorf("%v, more %v, %v", ids(list), more, err)
	}
	if list, more, err = c.Members(t.Context(), groupID, 1); err != nil || !more || len(list) != 1 {
		t.Errorf("the first of them: %v, more %v, %v", ids(list), more, err)
	}
	if _, _, err := c.Members(t.Context(), annaID, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a group that is gone: %v", err)
	}
	named, err := c.Named(t.Context(), []string{annaID, groupID, groupID, "' or 1"}, []string{appID, "'"})
	if err != nil || !slices.Equal(ids(named), []string{annaID, groupID, appID}) {
		t.Errorf("%v, %v", ids(named), err)
	}
	for _, e := range named {
		if want := map[string]graph.EntryKind{annaID: graph.Person, groupID: graph.Group, appID: graph.Application}[e.ID]; e.Kind != want {
			t.Errorf("%+v, want a %s", e, want)
		}
	}
}

func TestADirectoryThatMayNotBeReadIsSaidSo(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) {
		town(c)
		c.ReadsDirectory = func(string) bool { return false }
	})
	c := client(t, h.url, nil)
	if _, err := c.Search(t.Context(), graph.Person, "anna"); fault.From(err).Code != graph.DirectoryForbidden {
		t.Errorf("search: %v", err)
	}
	if _, err := c.Named(t.Context(), []string{annaID}, nil); fault.From(err).Code != graph.DirectoryForbidden {
		t.Errorf("names: %v", err)
	}
	url, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"value":null}`)) })
	if _, _, err := client(t, url, nil).Members(t.Context(), groupID, 5); fault.From(err).Code != "graph_unreadable" {
		t.Errorf("an answer without a list: %v", err)
	}
}
