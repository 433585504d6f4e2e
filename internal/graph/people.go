package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// DirectoryForbidden is the code of a search that the application was given no right to: everything else goes on without it.
const DirectoryForbidden = "graph_directory_forbidden"

// EntryKind is what a directory entry is.
type EntryKind string

const (
	Person      EntryKind = "person"
	Group       EntryKind = "group"
	Application EntryKind = "application"
)

// Entry is a person, a group or an application. ID is the one that rights are given to: the object id, and of an application the
// client id.
type Entry struct {
	Kind    EntryKind
	ID      string
	Name    string
	Address string // "" where there is none
}

const (
	// maxFound is as many as a person reads through; who wants another types more of the name.
	maxFound = 20
	// maxSearched is longer than any name.
	maxSearched = 100
	// maxIDs in one getByIds (directoryobject-getbyids), and maxFilter values in one "in" (advanced queries: 15).
	maxIDs    = 1000
	maxFilter = 15
	// peopleAnswer bounds a page of 999 people with four properties.
	peopleAnswer = 2 << 20
)

// of is where each kind is found, and by what.
func (k EntryKind) of() (path string, searched []string) {
	switch k {
	case Group:
		return "/groups", []string{"displayName", "mail"}
	case Application:
		return "/servicePrincipals", []string{"displayName"}
	case Person:
	}
	return "/users", []string{"displayName", "mail"}
}

const entryFields = "id,displayName,mail"

func (k EntryKind) fields() string {
	if k == Application {
		return "id,displayName,appId"
	}
	return entryFields
}

// Search finds up to twenty whose name or address has words that begin as the words of text do. It needs the application rights
// User.ReadBasic.All and GroupMember.Read.All (Application.Read.All for applications).
func (c *Client) Search(ctx context.Context, kind EntryKind, text string) ([]Entry, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxSearched || !utf8.ValidString(text) {
		return nil, nil
	}
	path, searched := kind.of()
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
	clauses := make([]string, len(searched))
	for i, property := range searched {
		clauses[i] = `"` + property + ":" + quoted + `"`
	}
	list, _, err := c.entries(ctx, request{
		operation: "search_directory", method: abstractions.GET, template: path + "?$search={search}&$select=" + kind.fields() + "&$top=" + strconv.Itoa(maxFound),
		values: map[string]string{"search": strings.Join(clauses, " OR ")}, headers: map[string]string{"ConsistencyLevel": "eventual"},
	}, kind)
	return list, err
}

// Members gives the people in a group, through other groups too. more says that there are others.
func (c *Client) Members(ctx context.Context, group string, limit int) (list []Entry, more bool, err error) {
	if isID := uuid.Validate(group) == nil; !isID {
		return nil, false, nil
	}
	return c.entries(ctx, request{
		operation: "group_members", method: abstractions.GET,
		template: "/groups/{group}/transitiveMembers/microsoft.graph.user?$count=true&$select=" + entryFields + "&$top=" + strconv.Itoa(min(max(limit, 1), 999)),
		values:   map[string]string{"group": group}, headers: map[string]string{"ConsistencyLevel": "eventual"},
	}, Person)
}

// Named finds people and groups by object id, and applications by client id. Who is not there any more is not in the answer.
func (c *Client) Named(ctx context.Context, ids, applications []string) ([]Entry, error) {
	var all []Entry
	for some := range slices.Chunk(valid(ids), maxIDs) {
		content, err := json.Marshal(map[string][]string{"ids": some, "types": {"user", "group"}})
		if err != nil {
			return nil, internal(errors.New("graph names: cannot be written as JSON"))
		}
		list, _, err := c.entries(ctx, request{
			operation: "directory_names", method: abstractions.POST, template: "/directoryObjects/getByIds?$select=" + entryFields,
			contentType: "application/json", content: content,
		}, Person)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	for some := range slices.Chunk(valid(applications), maxFilter) {
		list, _, err := c.entries(ctx, request{
			operation: "application_names", method: abstractions.GET, template: "/servicePrincipals?$filter={filter}&$select=" + Application.fields(),
			values: map[string]string{"filter": "appId in ('" + strings.Join(some, "','") + "')"},
		}, Application)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// valid leaves out what is no GUID: it names nobody, and could be read as something else in a filter.
func valid(ids []string) []string {
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return uuid.Validate(id) != nil })
}

func (c *Client) entries(ctx context.Context, r request, kind EntryKind) ([]Entry, bool, error) {
	r.timeout, r.limit = callTimeout, peopleAnswer
	a, err := c.call(ctx, r)
	if err != nil {
		return nil, false, silent(r.operation, err, aboutDirectory)
	}
	if a.status != http.StatusOK {
		return nil, false, c.refused(r.operation, a, aboutDirectory)
	}
	var page struct {
		Value []struct {
			Type  string `json:"@odata.type"`
			ID    string `json:"id"`
			AppID string `json:"appId"`
			Name  string `json:"displayName"`
			Mail  string `json:"mail"`
		} `json:"value"`
		Next string `json:"@odata.nextLink"`
	}
	err = a.decode(&page)
	if err == nil && page.Value == nil {
		err = errors.New("the answer has no list")
	}
	if err != nil {
		return nil, false, unreadable(r.operation, a, err)
	}
	list := make([]Entry, 0, len(page.Value))
	for _, v := range page.Value {
		e := Entry{Kind: kind, ID: strings.ToLower(v.ID), Name: v.Name, Address: v.Mail}
		switch {
		case kind == Application:
			e.ID = strings.ToLower(v.AppID)
		case v.Type == "#microsoft.graph.group":
			e.Kind = Group
		}
		if uuid.Validate(e.ID) == nil {
			list = append(list, e)
		}
	}
	return list, page.Next != "", nil
}
