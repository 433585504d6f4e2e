package admin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The people of the table: who is nobody here, who looks after HR, who looks after Studieservice, who audits, who administers.
const (
	anonymous = "anonymous"
	user      = "anna"
	local     = "david"
	other     = "aase"
	auditor   = "jonna"
	admins    = "iben"
)

// written is who may what, by hand: the product's table is held against it. Whoever adds a route decides here, once more, for whom.
func written() map[string][]string {
	everybody := []string{anonymous, user, local, other, auditor, admins}
	signedIn := everybody[1:]
	readers := everybody[2:]
	return map[string][]string{
		"GET /admin/style.css":            everybody,
		"GET /admin":                      everybody,
		"GET /admin/sign-in":              everybody,
		"GET /admin/sign-in/answer":       everybody,
		"GET /admin/signed-out":           everybody,
		"POST /admin/sign-out":            everybody,
		"POST /admin/sign-out-everywhere": signedIn,

		"GET /admin/{$}": readers,

		"GET /admin/messages":                    readers,
		"GET /admin/messages/{id}":               readers,
		"GET /admin/messages/{id}/copies/{copy}": {local, other, admins},

		"GET /admin/audit":      {auditor, admins},
		"GET /admin/audit/file": {auditor, admins},
		"GET /admin/sheet":      {auditor, admins},

		"POST /admin/messages/{id}/copies/{copy}": {local, other, admins},
		"POST /admin/messages/{id}/notice":        {local, other, admins},

		"GET /admin/mailboxes":                             readers,
		"GET /admin/mailboxes/{id}":                        readers,
		"GET /admin/mailboxes/{id}/key":                    {local, other, admins},
		"POST /admin/mailboxes/{id}/import":                {local, other, admins},
		"POST /admin/mailboxes/{id}/request":               {local, other, admins},
		"GET /admin/mailboxes/{id}/keys/{key}":             {local, other, admins},
		"POST /admin/mailboxes/{id}/keys/{key}":            {local, other, admins},
		"GET /admin/mailboxes/{id}/keys/{key}/request.csr": {local, other, admins},
		"GET /admin/mailboxes/{id}/keys/{key}/drop":        {local, other, admins},
		"POST /admin/mailboxes/{id}/keys/{key}/drop":       {local, other, admins},
		"GET /admin/mailboxes/{id}/settings":               {local, other, admins},
		"POST /admin/mailboxes/{id}/settings":              {local, other, admins},
		"POST /admin/mailboxes/{id}/try":                   {local, other, admins},

		"GET /admin/grants":               readers,
		"GET /admin/grants/{id}":          readers,
		"POST /admin/grants/{id}/give":    {local, other, admins},
		"GET /admin/grants/{id}/take":     {local, other, admins},
		"POST /admin/grants/{id}/take":    {local, other, admins},
		"POST /admin/grants/{id}/appoint": {admins},
		"POST /admin/grants/{id}/dismiss": {admins},

		"GET /admin/directories":      {auditor, admins},
		"POST /admin/directories/try": {admins},

		"GET /admin/recipients":               {auditor, admins},
		"GET /admin/recipients/{id}":          {auditor, admins},
		"POST /admin/recipients":              {admins},
		"POST /admin/recipients/{id}/approve": {admins},
		"POST /admin/recipients/{id}/delete":  {admins},
	}
}

// Every route, as everybody. Allowed is whatever a handler answers; refused is 403, 401, or the way to the sign-in.
func TestWhoMayWhatIsAsTheTableSays(t *testing.T) {
	t.Parallel()
	h := open(t)
	table := written()
	seen := map[string]bool{}
	asked := 0
	for _, rule := range h.site.Rules() {
		route := rule.Method + " " + rule.Path
		who, known := table[route]
		seen[route] = true
		if !known {
			t.Errorf("%s is not in the table: decide who may", route)
			continue
		}
		for _, persona := range []string{anonymous, user, local, other, auditor, admins} {
			v := h.visit(t)
			if persona != anonymous {
				v.signIn(persona)
			}
			path := strings.NewReplacer("{$}", "", "{id}", "00000000-0000-4000-8000-000000000000", "{copy}", "00000000-0000-4000-8000-000000000000", "{key}", "00000000-0000-4000-8000-000000000000").Replace(rule.Path)
			var body url.Values
			if rule.Method == http.MethodPost {
				body = url.Values{}
			}
			w := v.do(rule.Method, path, body)
			refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized && rule.Path != "/admin/sign-in/answer" ||
				strings.HasPrefix(w.Header().Get("Location"), "/admin/sign-in?")
			if allowed := slices.Contains(who, persona); allowed == refused {
				t.Errorf("%s as %s: %d %s, allowed %v", route, persona, w.Code, w.Header().Get("Location"), allowed)
			}
			asked++
		}
	}
	for route := range table {
		if !seen[route] {
			t.Errorf("%s is in the table and does not exist", route)
		}
	}
	if asked < 6*8 {
		t.Fatalf("only %d were asked", asked)
	}
}

func TestAFormOfAnotherSiteChangesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	posts := 0
	for _, rule := range h.site.Rules() {
		if rule.Method == http.MethodGet {
			continue
		}
		posts++
		v := h.visit(t).signIn(admins)
		path := strings.NewReplacer("{id}", "x", "{copy}", "x", "{key}", "x").Replace(rule.Path)
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", "null"}} {
			w := v.do(rule.Method, path, url.Values{}, headers...)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "andet websted") {
				t.Errorf("%s %s with %v: %d", rule.Method, rule.Path, headers, w.Code)
			}
		}
		if w := v.get("/admin/"); w.Code != http.StatusOK {
			t.Errorf("after %s %s: %d", rule.Method, rule.Path, w.Code)
		}
	}
	if posts == 0 {
		t.Fatal("no forms")
	}
}
