package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// callers of the table, in the order of its columns. The mailbox is sikkermail@its.aau.example, and the message anna's.
func callers() []string {
	return []string{"anonymous", "expired", "audience", "roleless", "anna", "clara", "david", "jonna", "iben", "program"}
}

// routeTable is who may call what, by hand. The columns: nobody; a token that has run out; one for another API; a program without the
// role; the employee; another employee, who may send as another mailbox; the local administrator of another mailbox; the auditor; the
// administrator; the program. Whoever adds a route decides here for whom. Who may what on the administrators' pages is written in
// api/admin/table_test.go; no token opens anything there.
func routeTable() map[string]string {
	const (
		open  = "200 200 200 200 200 200 200 200 200 200"
		every = "401 401 401 403 200 200 200 200 200 200" // whose answer is their own
		admin = "401 401 401 403 403 403 403 403 200 403"
	)
	return map[string]string{
		"GET /v1/me":                   every,
		"GET /v1/messages":             every,
		"POST /v1/preflight":           "401 401 401 403 200 403 403 403 403 200",
		"POST /v1/messages":            "401 401 401 403 202 403 403 403 403 202",
		"GET /v1/messages/{id}":        "401 401 401 403 200 404 404 404 404 404",
		"GET /v1/messages/{id}/events": "401 401 401 403 200 404 404 404 404 404",
		"DELETE /v1/messages/{id}":     "401 401 401 403 204 404 404 404 404 404",
		"GET /v1/recipients/{address}": "401 401 401 403 200 200 403 403 200 200", // who may send at all

		"GET /v1/audit": "401 401 401 403 403 403 403 200 200 403",

		"GET /v1/doubts":                      admin,
		"POST /v1/doubts/{copy}":              strings.Replace(admin, "200", "404", 1), // of a copy that is nobody's
		"GET /v1/certificates":                admin,
		"POST /v1/certificates":               strings.Replace(admin, "200", "201", 1),
		"DELETE /v1/certificates/{id}":        strings.Replace(admin, "200", "404", 1),
		"POST /v1/certificates/{id}/approval": strings.Replace(admin, "200", "404", 1),
		"GET /v1/authorities":                 admin,
		"POST /v1/authorities":                strings.Replace(admin, "200", "204", 1),
		"DELETE /v1/authorities/{sha256}":     strings.Replace(admin, "200", "404", 1),

		"GET /certificates":         open,
		"HEAD /certificates":        open,
		"GET /certificates/{file}":  open,
		"HEAD /certificates/{file}": open,

		"GET /manifest.xml":        open,
		"HEAD /manifest.xml":       open,
		"GET /addin/{file}":        open,
		"HEAD /addin/{file}":       open,
		"GET /addin/icons/{file}":  open,
		"HEAD /addin/icons/{file}": open,
		"GET /.well-known/microsoft-officeaddins-allowed.json":  open,
		"HEAD /.well-known/microsoft-officeaddins-allowed.json": open,

		"GET /openapi.yaml": open,
		"GET /healthz":      open,
		"GET /readyz":       open,
		"GET /metrics":      open,
	}
}

// street is a service with what the table's requests are about.
type street struct {
	*house
	message string // anna's
}

const nobodys = "00000000-0000-4000-8000-000000000000"

func openStreet(t *testing.T, change ...func(*wiring)) *street {
	t.Helper()
	s := &street{house: openHouse(t, t.TempDir(), change...)}
	s.message = s.send(t, letter("chen@uni.example")).message(t).Id.String()
	return s
}

func (s *street) token(t *testing.T, caller string) string {
	t.Helper()
	e := s.university.Entra
	anna, _ := s.university.Persona("anna")
	switch caller {
	case "anonymous":
		return ""
	case "expired":
		past := time.Now().Add(-3 * time.Hour).Unix()
		return e.IssueUser(anna, entraid.With("iat", past), entraid.With("nbf", past), entraid.With("exp", past+3600))
	case "audience":
		return e.IssueUser(anna, entraid.With("aud", s.university.Tenant.AddIn))
	case "roleless":
		return e.IssueApplication(s.university.Tenant.Applications[2])
	case "program":
		return e.IssueApplication(s.university.Tenant.Applications[1])
	}
	p, found := s.university.Persona(caller)
	if !found {
		t.Fatalf("nobody is called %s", caller)
	}
	return e.IssueUser(p)
}

// request is a call of a route that reaches its handler, where the caller may make it at all. id is of the message.
func (s *street) request(t *testing.T, route, id string) *http.Request {
	t.Helper()
	method, pattern, _ := strings.Cut(route, " ")
	target := strings.NewReplacer("{id}", nobodys, "{copy}", nobodys, "{address}", "chen@uni.example", "{sha256}", strings.Repeat("0", 64)).Replace(pattern)
	kind, body := "application/json", io.Reader(nil)
	var payload any
	switch {
	case strings.HasPrefix(pattern, "/v1/messages/"):
		target = strings.Replace(pattern, "{id}", id, 1)
	case route == "POST /v1/messages":
		kind, body = form(t, letter("chen@uni.example"))
	case route == "POST /v1/preflight":
		payload = map[string]any{"mailbox": "sikkermail@its.aau.example", "to": people("chen@uni.example")}
	case route == "POST /v1/doubts/{copy}":
		payload = map[string]string{"decision": "arrived"}
	case route == "POST /v1/certificates/{id}/approval":
		payload = map[string]string{"trust": "certificate"}
	case route == "POST /v1/certificates":
		payload = map[string]any{"for": "eva@klinik.example", "certificate": base64.StdEncoding.EncodeToString(s.certificateOf(t, "eva@klinik.example"))}
	case route == "POST /v1/authorities":
		root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.university.Stranger.Root().Raw})
		payload = map[string]any{"certificate": base64.StdEncoding.EncodeToString(root)}
	case pattern == "/certificates/{file}":
		target = "/certificates/sikkermail@its.aau.example.cer"
	case pattern == "/addin/{file}":
		target = "/addin/pane.html"
	case pattern == "/addin/icons/{file}":
		target = "/addin/icons/icon-16.png"
	}
	if payload != nil {
		text, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, body)
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

func (s *street) certificateOf(t *testing.T, address string) []byte {
	t.Helper()
	for _, r := range s.university.Recipients {
		if r.Address == address {
			return r.Identity.Certificate.Raw
		}
	}
	t.Fatalf("nobody has the address %s", address)
	return nil
}

// do makes a request, and holds its answer against the contract. A stream ends with its time.
func (s *street) do(t *testing.T, r *http.Request, bearer string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if strings.HasSuffix(r.URL.Path, "/events") {
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
	}
	if r = r.WithContext(ctx); bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	a := answer{w.Code, w.Header(), w.Body.Bytes()}
	if kind := a.header.Get("Content-Type"); kind == "application/json" || kind == "application/problem+json" {
		a.holdAgainstContract(t, r)
	}
	return a
}

// routes are all that the whole service has: of the API as "METHOD /path", and of the administrators' pages as rules.
func (s *street) routes(t *testing.T) (calls []string, pages []frame.Rule) {
	t.Helper()
	root, tells := s.handler.(chi.Routes)
	if !tells {
		t.Fatal("the handler does not tell its routes")
	}
	err := chi.Walk(root, func(method, pattern string, h http.Handler, _ ...func(http.Handler) http.Handler) error {
		if site, is := h.(interface{ Rules() []frame.Rule }); is {
			pages = site.Rules() // the same for each method, and below
			return nil
		}
		calls = append(calls, method+" "+pattern)
		return nil
	})
	if err != nil || len(calls) < 30 || len(pages) < 20 {
		t.Fatalf("%d routes and %d pages were found: %v", len(calls), len(pages), err)
	}
	return calls, pages
}

func TestWhoMayCallWhatIsAsTheTableSays(t *testing.T) {
	t.Parallel()
	s := openStreet(t)
	calls, _ := s.routes(t)
	table := routeTable()
	for _, route := range calls {
		row, known := table[route]
		if !known {
			t.Errorf("%s is not in the table: decide who may", route)
			continue
		}
		delete(table, route)
		for i, want := range strings.Fields(row) {
			bearer := s.token(t, callers()[i])
			id := s.message
			if want == "204" && strings.HasPrefix(route, "DELETE") { // a message of its own: it is gone afterwards
				id = s.send(t, letter("chen@uni.example")).message(t).Id.String()
			}
			got := s.do(t, s.request(t, route, id), bearer)
			if strconv.Itoa(got.status) != want {
				t.Errorf("%s as %s: %d, want %s: %s", route, callers()[i], got.status, want, got.body)
				continue
			}
			if challenge := got.header.Get("WWW-Authenticate"); (challenge != "") != (want == "401") {
				t.Errorf("%s as %s: WWW-Authenticate is %q", route, callers()[i], challenge)
			}
			if want == "404" && strings.HasPrefix(route, "GET /v1/messages/{id}") || want == "404" && route == "DELETE /v1/messages/{id}" {
				// Somebody else's is as unknown as nobody's.
				other, unknown := got.problem(t), s.do(t, s.request(t, route, nobodys), bearer).problem(t)
				if other.RequestId, unknown.RequestId = nil, nil; !same(other, unknown) {
					t.Errorf("%s as %s: %+v, and nobody's %+v", route, callers()[i], other, unknown)
				}
			}
		}
		if n := len(strings.Fields(row)); n != len(callers()) {
			t.Errorf("%s has %d columns", route, n)
		}
	}
	for route := range table {
		t.Errorf("%s is in the table and does not exist", route)
	}
}

func same(a, b any) bool {
	one, _ := json.Marshal(a)
	other, _ := json.Marshal(b)
	return bytes.Equal(one, other)
}

// The administrators' pages know sessions alone: whatever token comes along, the answer is a stranger's.
func TestNoTokenOpensAnAdministratorsPage(t *testing.T) {
	t.Parallel()
	s := openStreet(t)
	_, pages := s.routes(t)
	for _, rule := range pages {
		path := strings.NewReplacer("{$}", "", "{id}", nobodys, "{copy}", nobodys, "{key}", nobodys).Replace(rule.Path)
		ask := func(caller string) (int, string) {
			r := httptest.NewRequestWithContext(t.Context(), rule.Method, path, strings.NewReader(""))
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			a := s.do(t, r, s.token(t, caller))
			to, _, _ := strings.Cut(a.header.Get("Location"), "?")
			return a.status, to
		}
		status, to := ask("anonymous")
		open := slices.Contains([]string{"/admin/style.css", "/admin", "/admin/sign-in", frame.AnswerPath, "/admin/signed-out", "/admin/sign-out"}, rule.Path)
		if away := status == http.StatusUnauthorized || to == "/admin/sign-in"; away == open && rule.Path != frame.AnswerPath {
			t.Errorf("%s %s: a stranger gets %d %s", rule.Method, rule.Path, status, to)
		}
		for _, caller := range callers()[1:] {
			if got, where := ask(caller); got != status || where != to {
				t.Errorf("%s %s as %s: %d %s, and a stranger %d %s", rule.Method, rule.Path, caller, got, where, status, to)
			}
		}
	}
}
