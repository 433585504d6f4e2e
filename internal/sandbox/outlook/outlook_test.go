package outlook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
)

// village is a very small university.
type village struct {
	posted []byte
	to     []string
	wrong  bool
}

func (v *village) People() []Person {
	return []Person{{Name: "Anna Eksempel", Address: "anna@aau.example", Object: "oid", Tenant: "tid"}}
}

func (v *village) Token(address, _ string, wrong bool) (Token, error) {
	v.wrong = wrong
	if address != "anna@aau.example" {
		return Token{}, errors.New("nobody")
	}
	return Token{Access: "a.b.c", ID: "d.e.f", Lifetime: time.Hour}, nil
}

func (v *village) Boxes() []Box {
	return []Box{{Address: "bo@partner.example", Danish: "dansk", English: "English"}}
}

func (v *village) Letters(address string) []Letter {
	if address != "bo@partner.example" {
		return nil
	}
	return []Letter{
		{Folder: "inbox", From: "anna@aau.example", Subject: "Almindelig", Wire: "Subject: Almindelig"},
		{Folder: "inbox", From: "sikkermail@its.aau.example", Subject: "Sikker", Sealed: true, Wire: "MII"},
		{Folder: "inbox", From: "x@x.example", Subject: "Uåbnelig", Sealed: true},
	}
}

func (v *village) Open(_ string, n int) (Opened, error) {
	switch n {
	case 0:
		return Opened{Text: "<script>alert(1)</script>"}, nil
	case 1:
		return Opened{HTML: `<p>Hej</p><img src="cid:p@x"><script>alert(1)</script>`, Pictures: map[string]string{"p@x": "data:image/png;base64,AA=="}, Signer: "ITS"}, nil
	}
	return Opened{}, errors.New("no key")
}

func (v *village) Post(_ string, to []string, raw []byte) error {
	v.to, v.posted = to, raw
	return nil
}

func serve(v *village) http.Handler {
	return New(Deps{People: v, Mail: v, Now: time.Now, Service: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "service "+r.URL.Path) })})
}

// from asks as somebody on this machine does, unless change says otherwise.
func from(t *testing.T, h http.Handler, method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:5000", "127.0.0.1:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestOnlyThisMachineIsAnswered(t *testing.T) {
	t.Parallel()
	h := serve(&village{})
	cases := map[string]struct {
		caller, host string
		want         int
	}{
		"loopback":          {"127.0.0.1:1", "127.0.0.1:8080", 200},
		"loopback, six":     {"[::1]:1", "[::1]:8080", 200},
		"by name":           {"127.0.0.1:1", "localhost:8080", 200},
		"without a port":    {"127.0.0.1:1", "localhost", 200},
		"another machine":   {"192.0.2.1:1", "127.0.0.1:8080", 403},
		"a name led here":   {"127.0.0.1:1", "evil.example:8080", 403},
		"a name like ours":  {"127.0.0.1:1", "localhost.evil.example", 403},
		"nobody knows whom": {"", "127.0.0.1:8080", 403},
	}
	for name, c := range cases {
		for _, path := range []string{"/outlook", "/outlook/token", "/outlook/world"} {
			method, body := http.MethodGet, ""
			if path == "/outlook/token" {
				method, body = http.MethodPost, `{"persona":"anna@aau.example"}`
			}
			w := from(t, h, method, path, body, func(r *http.Request) { r.RemoteAddr, r.Host = c.caller, c.host })
			if w.Code != c.want || w.Code == 403 && strings.Contains(w.Body.String(), "a.b.c") {
				t.Errorf("%s, %s: %d", name, path, w.Code)
			}
		}
	}
}

func TestTheRestIsTheServicesUnlessTheWeatherIsBad(t *testing.T) {
	t.Parallel()
	h := serve(&village{})
	weather := func(kind string) func(*http.Request) {
		return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: weatherCookie, Value: kind}) }
	}
	for path, kind := range map[string]string{"/v1/me": "", "/": "down", "/outlooks": "down", "/addin/pane.html": "offline", "/v1/preflight": "nonsense"} {
		if w := from(t, h, http.MethodGet, path, "", weather(kind)); w.Body.String() != "service "+path {
			t.Errorf("%s, %q: %d %s", path, kind, w.Code, w.Body)
		}
	}
	if w := from(t, h, http.MethodGet, "/v1/me", "", weather("down")); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Header().Get("Content-Type"), "json") {
		t.Errorf("down: %d %s", w.Code, w.Header())
	}
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // what was thrown
			t.Error("offline: an answer came")
		}
	}()
	from(t, h, http.MethodGet, "/v1/me", "", weather("offline"))
}

func TestTokensAreForPeopleOfTheSandbox(t *testing.T) {
	t.Parallel()
	v := &village{}
	h := serve(v)
	w := from(t, h, http.MethodPost, "/outlook/token", `{"persona":"anna@aau.example","scope":"api://x/y","wrong":true}`)
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got["accessToken"] != "a.b.c" || got["name"] != "Anna Eksempel" || got["object"] != "oid" || got["expiresIn"] != 3600.0 || got["scope"] != "api://x/y" || !v.wrong {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for name, c := range map[string]struct {
		body, kind string
		want       int
	}{
		"nobody":              {`{"persona":"eve@evil.example"}`, "application/json", 404},
		"no JSON":             {`persona=anna`, "application/json", 400},
		"a form":              {`{"persona":"anna@aau.example"}`, "text/plain", 415},
		"more than is read":   {`{"persona":"` + strings.Repeat("a", maxRequest) + `"}`, "application/json", 400},
		"another kind of two": {`[1]`, "application/json", 400},
	} {
		w := from(t, h, http.MethodPost, "/outlook/token", c.body, func(r *http.Request) { r.Header.Set("Content-Type", c.kind) })
		if w.Code != c.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestAnOrdinaryMailIsMadeAsOutlookMakesIt(t *testing.T) {
	t.Parallel()
	v := &village{}
	w := from(t, serve(v), http.MethodPost, "/outlook/send", `{"from":"anna@aau.example","to":[{"name":"Bo, \"æ\"\r\nX-Evil: 1","address":"bo@partner.example"}],"bcc":[{"address":"eva@klinik.example"}],
		"subject":"Hej\r\nBcc: x@x.example","html":"<p>Tekst</p><img src=\"cid:p@x\">","headers":{"x-send-sikker":"a\r\nX-Evil: 2","Subject":"anden","X-Evil\r\n":"3"},
		"files":[{"name":"p.png","type":"image/png","contentId":"p@x","content":"AA=="},{"name":"b\r\n.pdf","type":"text/html\r\nX-Evil: 4","content":"aGVq"}]}`)
	if w.Code != http.StatusNoContent || strings.Join(v.to, " ") != "bo@partner.example eva@klinik.example" {
		t.Fatalf("%d %s, to %q", w.Code, w.Body, v.to)
	}
	entity, err := message.Read(bytes.NewReader(v.posted))
	if err != nil {
		t.Fatal(err)
	}
	if entity.Header.Has("X-Evil") || entity.Header.Has("Bcc") || entity.Header.Get("Subject") != "Hej Bcc: x@x.example" || entity.Header.Get("X-Send-Sikker") != "a X-Evil: 2" {
		t.Errorf("header:\n%s", v.posted)
	}
	var parts []string
	err = entity.Walk(func(path []int, part *message.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, _, _ := part.Header.ContentType()
		if !strings.HasPrefix(kind, "multipart/") {
			content, _ := io.ReadAll(part.Body)
			parts = append(parts, kind+" "+string(content))
		}
		return nil
	})
	if want := []string{`text/html <p>Tekst</p><img src="cid:p@x">`, "image/png \x00", "application/octet-stream hej"}; err != nil || strings.Join(parts, "|") != strings.Join(want, "|") {
		t.Errorf("%v, %q", err, parts)
	}
	for name, body := range map[string]string{
		"as somebody else":  `{"from":"eve@evil.example","to":[{"address":"bo@partner.example"}]}`,
		"no address":        `{"from":"anna@aau.example","to":[{"address":"bo>\r\nX: y"}]}`,
		"a file of no kind": `{"from":"anna@aau.example","to":[{"address":"bo@partner.example"}],"files":[{"content":"%%"}]}`,
	} {
		v.posted = nil
		if w := from(t, serve(v), http.MethodPost, "/outlook/send", body); w.Code < 400 || v.posted != nil {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestWhatArrivedIsShownAsItTravelledAndOpened(t *testing.T) {
	t.Parallel()
	h := serve(&village{})
	var boxes []boxAnswer
	if err := json.Unmarshal(from(t, h, http.MethodGet, "/outlook/arrived", "").Body.Bytes(), &boxes); err != nil || len(boxes) != 1 || len(boxes[0].Letters) != 3 || boxes[0].Letters[0].N != 2 {
		t.Fatalf("%v %+v", err, boxes)
	}
	for n, want := range map[string]struct {
		marker, failure string
	}{"0": {"", ""}, "1": {markerDanish, ""}, "2": {"", "no key"}} {
		var got letterAnswer
		if err := json.Unmarshal(from(t, h, http.MethodGet, "/outlook/arrived/letter?address=bo@partner.example&n="+n, "").Body.Bytes(), &got); err != nil || got.Marker[0] != want.marker || got.Failure != want.failure {
			t.Errorf("%s: %v %+v", n, err, got)
		}
	}
	for _, query := range []string{"address=bo@partner.example&n=3", "address=bo@partner.example&n=-1", "address=bo@partner.example&n=x", "address=eve@evil.example&n=0", ""} {
		if w := from(t, h, http.MethodGet, "/outlook/arrived/letter?"+query, ""); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", query, w.Code)
		}
	}
}

func TestTheContentOfAMailHasNoScriptAndNoOrigin(t *testing.T) {
	t.Parallel()
	h := serve(&village{})
	for path, want := range map[string]string{
		"n=0": "&lt;script&gt;", "n=1": markerDanish, "n=1&lang=en": markerEnglish, "lang=da&n=1": `<img src="data:image/png;base64,AA==">`,
	} {
		w := from(t, h, http.MethodGet, "/outlook/arrived/body?address=bo@partner.example&"+path, "")
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) || !strings.HasPrefix(policy, "sandbox; default-src 'none'") || strings.Contains(policy, "script") {
			t.Errorf("%s: %d %s %s", path, w.Code, policy, w.Body)
		}
		if (w.Header().Get("X-Send-Sikker") == "opened") != strings.Contains(path, "n=1") {
			t.Errorf("%s: %s", path, w.Header())
		}
	}
}

func TestThePageHasItsFilesAndAStrictPolicy(t *testing.T) {
	t.Parallel()
	h := serve(&village{})
	for path, kind := range map[string]string{
		"/outlook": "text/html", "/outlook/": "text/html", "/outlook/main.js": "text/javascript", "/outlook/office.js": "text/javascript", "/outlook/worker.js": "text/javascript", "/outlook/outlook.css": "text/css",
	} {
		w := from(t, h, http.MethodGet, path, "")
		if w.Code != http.StatusOK || w.Body.Len() < 100 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header())
		}
		if policy := w.Header().Get("Content-Security-Policy"); kind == "text/html" && (!strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "unsafe")) {
			t.Errorf("%s: %s", path, policy)
		}
	}
	if page := from(t, h, http.MethodGet, "/outlook", "").Body.String(); strings.Contains(page, "style=") || strings.Contains(page, "<style") || strings.Contains(page, "onclick") {
		t.Error("the page has style or script in it")
	}
	if w := from(t, h, http.MethodGet, "/outlook/no-such-guard.js", ""); w.Code != http.StatusNotFound {
		t.Errorf("what is not there: %d", w.Code)
	}
}
