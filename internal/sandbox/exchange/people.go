package exchange

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Entry is a person, a group or an application of the directory.
type Entry struct {
	Kind    string // "user", "group" or "servicePrincipal"
	ID      string
	AppID   string // of an application: its client id
	Name    string
	Address string // "" for most groups
}

const (
	maxEntries = 999  // directory objects on one page (list-users, list-groups)
	maxByIDs   = 1000 // ids in one getByIds (directoryobject-getbyids)
	usualTop   = 100
	maxSearch  = 10
)

// searchClause is one of $search: a property and a text, in quotes; inside, a quote or backslash has a backslash before it
// (search-query-parameter).
var searchClause = regexp.MustCompile(`^"(displayName|mail):((?:[^"\\]|\\["\\])*)"(?: OR |$)`)

// mayRead is whether the application was given the rights to read the directory.
func (c *call) mayRead() bool {
	if c.server.config.ReadsDirectory != nil && !c.server.config.ReadsDirectory(c.app) {
		c.refuse(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		return false
	}
	return true
}

// eventual is what every advanced query must ask for (aad-advanced-queries).
func (c *call) eventual() bool {
	if !strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") {
		c.refuse(http.StatusBadRequest, "Request_UnsupportedQuery", "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		return false
	}
	return true
}

func (s *Server) searchEntries(kind string) func(*call) {
	return func(c *call) {
		if !c.mayRead() {
			return
		}
		q := c.r.URL.Query()
		if filter := q.Get("$filter"); filter != "" && kind == "servicePrincipal" {
			s.filterApplications(c, filter)
			return
		}
		if !c.eventual() {
			return
		}
		match := map[string]bool{}
		rest := q.Get("$search")
		for n := 0; n == 0 || rest != ""; n++ {
			parts := searchClause.FindStringSubmatch(rest)
			if parts == nil || n == maxSearch {
				c.refuse(http.StatusBadRequest, "BadRequest", "Syntax error in $search.")
				return
			}
			rest = rest[len(parts[0]):]
			text := regexp.MustCompile(`\\(["\\])`).ReplaceAllString(parts[2], "$1")
			for _, e := range s.config.Directory {
				value := e.Name
				if parts[1] == "mail" {
					value = e.Address
				}
				if e.Kind == kind && tokensMatch(text, value) {
					match[e.ID] = true
				}
			}
		}
		s.list(c, func(e Entry) bool { return match[e.ID] })
	}
}

// tokensMatch: every word of the search begins a word of the value, as Graph's tokenised search does it.
func tokensMatch(search, value string) bool {
	words := func(text string) []string {
		return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	have := words(value)
	for _, w := range words(search) {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return len(words(search)) > 0
}

// list answers with a page of entries, and no more of them than were asked for.
func (s *Server) list(c *call, keep func(Entry) bool) {
	top := usualTop
	if text := c.r.URL.Query().Get("$top"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxEntries {
			c.refuse(http.StatusBadRequest, "Request_BadRequest", "Invalid page size specified: "+text)
			return
		}
		top = n
	}
	page := map[string]any{}
	found := []map[string]any{}
	for _, e := range s.config.Directory {
		if !keep(e) {
			continue
		}
		if len(found) == top {
			page["@odata.nextLink"] = "https://graph.microsoft.com" + c.r.URL.Path + "?$skiptoken=more"
			break
		}
		found = append(found, e.shown())
	}
	page["value"] = found
	c.answer(http.StatusOK, page)
}

func (e Entry) shown() map[string]any {
	shown := map[string]any{"@odata.type": "#microsoft.graph." + e.Kind, "id": e.ID, "displayName": e.Name, "mail": nil}
	if e.Address != "" {
		shown["mail"] = e.Address
	}
	if e.AppID != "" {
		shown["appId"] = e.AppID
	}
	return shown
}

var appIDs = regexp.MustCompile(`^appId in \(('[0-9a-fA-F-]{36}'(?:,'[0-9a-fA-F-]{36}')*)\)$`)

func (s *Server) filterApplications(c *call, filter string) {
	parts := appIDs.FindStringSubmatch(filter)
	if parts == nil {
		c.refuse(http.StatusBadRequest, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause.")
		return
	}
	wanted := strings.Split(strings.ReplaceAll(parts[1], "'", ""), ",")
	s.list(c, func(e Entry) bool { return e.Kind == "servicePrincipal" && slices.Contains(wanted, e.AppID) })
}

func (s *Server) transitiveMembers(c *call) {
	if !c.mayRead() || !c.eventual() { // the cast to one type is an advanced query
		return
	}
	group := c.r.PathValue("group")
	if !slices.ContainsFunc(s.config.Directory, func(e Entry) bool { return e.Kind == "group" && e.ID == group }) {
		c.refuse(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+group+"' does not exist or one of its queried reference-property objects are not present.")
		return
	}
	s.list(c, func(e Entry) bool {
		return e.Kind == "user" && s.config.Members != nil && slices.Contains(s.config.Members(e.ID), group)
	})
}

func (s *Server) getByIDs(c *call) {
	if !c.mayRead() {
		return
	}
	var in struct {
		IDs   []string `json:"ids"`
		Types []string `json:"types"`
	}
	text, err := io.ReadAll(io.LimitReader(c.r.Body, requestLimit))
	if err != nil || json.Unmarshal(text, &in) != nil || len(in.IDs) == 0 || len(in.IDs) > maxByIDs {
		c.refuse(http.StatusBadRequest, "Request_BadRequest", "Invalid value specified for property 'ids'.")
		return
	}
	s.list(c, func(e Entry) bool { return slices.Contains(in.IDs, e.ID) && slices.Contains(in.Types, e.Kind) })
}
