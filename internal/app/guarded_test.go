package app

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"aau.dk/sendsikker/api/limit"
)

// maybeKept are the answers that everybody gets alike, and that may therefore be kept.
var maybeKept = regexp.MustCompile(`^/(certificates|manifest\.xml|addin/|\.well-known/|openapi\.yaml|admin/style\.css)`)

func (s *street) guarded(t *testing.T, name string, r *http.Request, a answer) {
	t.Helper()
	one := func(field string) string {
		values := a.header.Values(field)
		if len(values) != 1 {
			t.Errorf("%s: %s is %q", name, field, values)
			return ""
		}
		return values[0]
	}
	policy := one("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(strings.ReplaceAll(policy, " http://127.0.0.1:", ""), " http:") {
		t.Errorf("%s: the policy is %s", name, policy)
	}
	_, ancestors, _ := strings.Cut(policy, "frame-ancestors ")
	ancestors, _, _ = strings.Cut(ancestors, ";")
	want := "'none'"
	if a.status != http.StatusNotFound && strings.HasPrefix(r.URL.Path, "/addin/") && strings.HasSuffix(r.URL.Path, ".html") {
		want = "https://outlook.office.com https://outlook.office365.com https://outlook.cloud.microsoft"
	}
	if ancestors != want {
		t.Errorf("%s: may be framed by %s, want %s", name, ancestors, want)
	}
	if one("X-Content-Type-Options") != "nosniff" || one("Referrer-Policy") == "" || !strings.HasPrefix(one("Strict-Transport-Security"), "max-age=31536000") {
		t.Errorf("%s: %v", name, a.header)
	}
	if kept := strings.Join(a.header.Values("Cache-Control"), ", "); !strings.HasPrefix(kept, "no-store") && (a.status >= 300 || !maybeKept.MatchString(r.URL.Path)) {
		t.Errorf("%s: %d may be kept: %q", name, a.status, kept)
	}
	for field := range a.header { // no other site reads anything with a browser
		if strings.HasPrefix(field, "Access-Control-") {
			t.Errorf("%s: %s", name, field)
		}
	}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		inline(t, name, string(a.body))
	}
}

// inline looks for what a policy without 'unsafe-inline' does not let run.
func inline(t *testing.T, name, page string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(page))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		source := false
		for _, attribute := range token.Attr {
			source = source || attribute.Key == "src"
			if strings.HasPrefix(attribute.Key, "on") || attribute.Key == "style" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(attribute.Val)), "javascript:") {
				t.Errorf("%s: <%s %s=%q>", name, token.Data, attribute.Key, attribute.Val)
			}
		}
		if token.Data == "style" || token.Data == "script" && !source {
			t.Errorf("%s: <%s> in the page", name, token.Data)
		}
	}
}

// Every route, as nobody and as those who may most; what is refused, and what does not exist.
func TestEveryAnswerOfEveryRouteIsGuarded(t *testing.T) {
	t.Parallel()
	s := openStreet(t, func(w *wiring) { w.AddIn.Ancestors = nil }) // the demo frames the pane itself
	calls, pages := s.routes(t)
	for _, rule := range pages {
		calls = append(calls, rule.Method+" "+strings.NewReplacer("{$}", "", "{copy}", nobodys, "{key}", nobodys).Replace(rule.Path))
	}
	calls = append(calls, "GET /nowhere", "BREW /v1/me", "POST /", "GET /addin/nowhere.html", "GET /certificates/nowhere.cer", "GET /admin/nowhere", "GET /v1/me/..", "GET /addin/signin.html", "GET /addin/guard.html")
	for _, route := range calls {
		for _, caller := range []string{"anonymous", "expired", "anna", "iben"} {
			r := s.request(t, route, s.message)
			r.Host = "evil.example" // which nothing of ours is made of
			a := s.do(t, r, s.token(t, caller))
			s.guarded(t, route+" as "+caller, r, a)
			if strings.Contains(string(a.body)+fmt.Sprint(a.header), "evil.example") {
				t.Errorf("%s as %s: the answer has the caller's word for our name", route, caller)
			}
		}
	}
}

// What is refused for coming too often is guarded too, on every route but the probes, and says when to come again.
func TestEveryRouteButTheProbesIsLimited(t *testing.T) {
	t.Parallel()
	one := limit.Rate{PerMinute: 1, Burst: 1}
	s := openStreet(t, func(w *wiring) {
		w.AddIn.Ancestors, w.Callers.Rates = nil, limit.Rates{Read: one, Send: limit.Rate{PerMinute: 1, Burst: 2}, Public: one, Files: one, SignIn: one}
	})
	calls, pages := s.routes(t)
	for _, rule := range pages {
		calls = append(calls, rule.Method+" "+strings.NewReplacer("{$}", "", "{copy}", nobodys, "{key}", nobodys).Replace(rule.Path))
	}
	calls = append(calls, "GET /nowhere", "BREW /v1/me", "GET /admin/nowhere")
	for i, route := range calls {
		for _, caller := range []string{"anonymous", "anna"} {
			var last answer
			var r *http.Request
			for n := range 65 { // the certificates' page lets 60 a minute through
				r = s.request(t, route, s.message)
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				r.RemoteAddr = fmt.Sprintf("198.51.%d.%d:1000", 100+len(caller), i)
				last = s.do(t, r, s.token(t, caller))
				if n > 2 && last.status == http.StatusTooManyRequests {
					break
				}
			}
			probe := strings.HasSuffix(route, "/healthz") || strings.HasSuffix(route, "/readyz")
			if probe != (last.status == http.StatusOK) || !probe && last.status != http.StatusTooManyRequests {
				t.Errorf("%s as %s: %d %.80q", route, caller, last.status, last.body)
				continue
			}
			if probe {
				continue
			}
			if seconds, err := strconv.Atoi(last.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
				t.Errorf("%s as %s: Retry-After is %q", route, caller, last.header.Get("Retry-After"))
			}
			if !strings.HasPrefix(route, "GET /addin/{file}") { // whose frame is told of in package api's test
				s.guarded(t, route+" as "+caller+", too often", r, last)
			}
		}
	}
}

// meter counts what is read of a body without an end.
type meter struct {
	what byte
	read int64
}

func (m *meter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = m.what
	}
	m.read += int64(len(p))
	return len(p), nil
}

// Every route that takes a body, with one that has no end, from those who may.
func TestNoCallReadsABodyWithoutEnd(t *testing.T) {
	t.Parallel()
	s := openStreet(t)
	calls, _ := s.routes(t)
	tried := 0
	for _, route := range calls {
		if !strings.HasPrefix(route, "POST ") {
			continue
		}
		tried++
		most, want := int64(2<<20), http.StatusRequestEntityTooLarge
		r := s.request(t, route, s.message)
		kind := r.Header.Get("Content-Type")
		body := &meter{what: ' '}
		if route == "POST /v1/messages" { // a draft that does not end; files are streamed, and bounded by the mailbox's limit
			most = 8 << 20
			kind = "multipart/form-data; boundary=b"
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"draft\"\r\n\r\n"), body))
		} else {
			r.Body = io.NopCloser(body)
		}
		r.Header.Set("Content-Type", kind)
		r.ContentLength = -1
		caller := "iben"
		if route == "POST /v1/messages" {
			caller = "anna"
		}
		if a := s.do(t, r, s.token(t, caller)); a.status != want || body.read > 2*most {
			t.Errorf("%s: %d after %d bytes: %s", route, a.status, body.read, a.body)
		}
		stranger := &meter{what: ' '}
		r = s.request(t, route, s.message)
		r.Body, r.ContentLength = io.NopCloser(stranger), -1
		if a := s.do(t, r, ""); a.status != http.StatusUnauthorized || stranger.read != 0 {
			t.Errorf("%s of a stranger: %d after %d bytes", route, a.status, stranger.read)
		}
	}
	if tried < 5 {
		t.Fatalf("only %d routes take a body", tried)
	}
}

func TestTheServerWaitsForNobodyWithoutEnd(t *testing.T) {
	t.Parallel()
	server := shared.service.server()
	for name, got := range map[string]time.Duration{"a header": server.ReadHeaderTimeout, "the next request": server.IdleTimeout} {
		if got <= 0 || got > 2*time.Minute {
			t.Errorf("it waits %s for %s", got, name)
		}
	}
	if server.MaxHeaderBytes <= 0 || server.MaxHeaderBytes > 1<<17 {
		t.Errorf("it reads a header of %d bytes", server.MaxHeaderBytes)
	}
	// Bodies and answers have a time for each request: package api. Here, that every request gets one.
	front := httptest.NewUnstartedServer(nil)
	front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &deadlines{ResponseWriter: w}
		shared.service.handler.ServeHTTP(seen, r)
		if seen.read.IsZero() || seen.write.IsZero() || time.Until(seen.write) > 25*time.Minute {
			t.Errorf("%s: %s, %s", r.URL.Path, seen.read, seen.write)
		}
	})
	front.Start()
	defer front.Close()
	for _, path := range []string{"/v1/me", "/healthz", "/admin/", "/certificates", "/addin/pane.html", "/nowhere"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
}

// deadlines notes those that are set.
type deadlines struct {
	http.ResponseWriter
	read, write time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }
