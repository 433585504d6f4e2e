package addin_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"aau.dk/sendsikker/api/addin"
)

func TestAPageIsFilledIn(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/addin/pane.html", "/addin/signin.html", "/addin/pane.html?_host_Info=Outlook$Web$16.01$da-DK"} {
		body := get(t, target).Body.String()
		var settings, office string
		tokens := html.NewTokenizer(strings.NewReader(body))
		for tokens.Next() != html.ErrorToken {
			token := tokens.Token()
			for _, a := range token.Attr {
				switch {
				case token.Data == "meta" && a.Key == "content":
					settings = a.Val
				case token.Data == "script" && a.Key == "src" && office == "":
					office = a.Val
				}
			}
		}
		var told map[string]any
		if err := json.Unmarshal([]byte(settings), &told); err != nil {
			t.Fatalf("%s: %v in %s", target, err, body)
		}
		want := deps().Settings
		if told["organisation"] != want.Organisation || told["clientId"] != want.ClientID || told["authority"] != want.Authority || told["scope"] != want.Scope ||
			told["certificatesPage"] != want.CertificatesPage || told["supportURL"] != "" || len(told) != 7 {
			t.Errorf("%s: told %v", target, told)
		}
		if domains, _ := told["domains"].([]any); len(domains) != 1 || domains[0] != "aau.example" {
			t.Errorf("%s: domains %v", target, told["domains"])
		}
		if office != deps().Office || strings.Contains(body, "{{") {
			t.Errorf("%s: office.js is %q in %s", target, office, body)
		}
	}
}

func TestTheGuardHasItsRulesBeforeIt(t *testing.T) {
	t.Parallel()
	d := deps()
	d.Settings.Domains, d.Rules.CPR = []string{"a.example", "</script>\u2028"}, "ask"
	w, _ := serve(t, d, http.MethodGet, "/addin/guard.js")
	line, rest, _ := strings.Cut(w.Body.String(), "\n")
	text := strings.TrimSuffix(strings.TrimPrefix(line, "var SendSikkerSettings="), ";")
	var told struct {
		Domains []string
		Rules   addin.Rules
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil || len(told.Domains) != 2 || told.Rules != (addin.Rules{CPR: "ask", Marked: "block", Channel: "ask"}) {
		t.Errorf("%v: %s", err, line)
	}
	if rest != "(()=>{})();\n" || strings.ContainsAny(line, "<>\u2028") || w.Header().Get("Cache-Control") != "max-age=300" {
		t.Errorf("%v %q %q", w.Header(), line, rest)
	}
	// Two settings give two tags: what is kept for five minutes must be known to be old.
	if other := get(t, "/addin/guard.js"); other.Header().Get("ETag") == w.Header().Get("ETag") {
		t.Error("other rules have the same ETag")
	}
	d.Settings.Domains = nil
	if w, _ := serve(t, d, http.MethodGet, "/addin/guard.js"); !strings.HasPrefix(w.Body.String(), `var SendSikkerSettings={"domains":[],`) {
		t.Error(w.Body)
	}
}

func TestEveryKindOfFileHasItsHeaderFields(t *testing.T) {
	t.Parallel()
	cases := []struct{ target, kind, cache string }{
		{"/manifest.xml", "application/xml; charset=utf-8", "no-cache"},
		{"/addin/pane.html", "text/html; charset=utf-8", "no-cache"},
		{"/addin/pane.js", "text/javascript; charset=utf-8", "no-cache"},
		{"/addin/pane.css", "text/css; charset=utf-8", "no-cache"},
		{"/addin/msal-AB12CD34.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/addin/icons/icon-16.png", "image/png", ""},
		{"/addin/icons/icon-a-hash.png", "image/png", ""},
		{"/.well-known/microsoft-officeaddins-allowed.json", "application/json", "no-cache"},
	}
	for _, c := range cases {
		w := get(t, c.target)
		h := w.Header()
		if w.Code != http.StatusOK || h.Get("Content-Type") != c.kind || strings.Join(h.Values("Cache-Control"), "|") != c.cache {
			t.Errorf("%s: %d %v", c.target, w.Code, h)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || h.Get("X-Frame-Options") != "" || len(h.Values("Content-Security-Policy")) != 1 {
			t.Errorf("%s: %v", c.target, h)
		}
		if again := get(t, c.target, "If-None-Match", h.Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 || len(h.Get("ETag")) < 10 {
			t.Errorf("%s with %s: %d", c.target, h.Get("ETag"), again.Code)
		}
		if head, found := serve(t, deps(), http.MethodHead, c.target); !found || head.Body.Len() != 0 || head.Header().Get("ETag") != h.Get("ETag") {
			t.Errorf("HEAD %s: %v", c.target, head.Header())
		}
	}
	if got := get(t, "/.well-known/microsoft-officeaddins-allowed.json").Body.String(); got != `{"allowed":["https://sikker.aau.example/addin/guard.js"]}`+"\n" {
		t.Error(got)
	}
}

func directives(t *testing.T, policy string) map[string]string {
	t.Helper()
	has := map[string]string{}
	for one := range strings.SplitSeq(policy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), " ")
		if _, twice := has[name]; twice {
			t.Errorf("%s stands there twice", name)
		}
		has[name] = value
	}
	return has
}

func TestOutlookAloneMayFrameAPageAndNothingForeignRunsInIt(t *testing.T) {
	t.Parallel()
	const outlook = "https://outlook.office.com https://outlook.office365.com https://outlook.cloud.microsoft"
	want := map[string]string{
		"default-src": "'none'", "style-src": "'self'", "img-src": "'self' data:", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": outlook,
		"script-src":  "'self' https://appsforoffice.microsoft.com https://ajax.aspnetcdn.com/ajax/3.5/MicrosoftAjax.js",
		"connect-src": "'self' https://login.microsoftonline.com",
	}
	compare := func(target string, got map[string]string) {
		if len(got) != len(want) {
			t.Errorf("%s: %v", target, got)
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", target, name, got[name], value)
			}
		}
	}
	for _, target := range []string{"/addin/pane.html", "/addin/signin.html"} {
		compare(target, directives(t, get(t, target).Header().Get("Content-Security-Policy")))
	}
	want["connect-src"] = "'none'"
	compare("/addin/guard.html", directives(t, get(t, "/addin/guard.html").Header().Get("Content-Security-Policy")))

	// Where office.js is our own and another page may frame ours, that is all that differs.
	d := deps()
	d.Office, d.Ancestors = "/outlook/office.js", []string{"'self'", "http://127.0.0.1:8081"}
	w, _ := serve(t, d, http.MethodGet, "/addin/pane.html")
	want["connect-src"], want["script-src"], want["frame-ancestors"] = "'self' https://login.microsoftonline.com", "'self'", outlook+" 'self' http://127.0.0.1:8081"
	compare("our own office.js", directives(t, w.Header().Get("Content-Security-Policy")))
	// What is no page is framed by nobody.
	for _, target := range []string{"/addin/pane.js", "/manifest.xml", "/addin/icons/icon-16.png"} {
		if p := get(t, target).Header().Get("Content-Security-Policy"); p != "default-src 'none'; frame-ancestors 'none'" {
			t.Errorf("%s: %s", target, p)
		}
	}
}

func TestALargeFileIsSentCompressedToWhoTakesIt(t *testing.T) {
	t.Parallel()
	const target = "/addin/pane.js"
	plain := get(t, target)
	zipped := get(t, target, "Accept-Encoding", "br, GZIP;q=0.8")
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(reader)
	if err != nil || !bytes.Equal(body, plain.Body.Bytes()) || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v: %v", err, zipped.Header())
	}
	for _, w := range []http.Header{plain.Header(), zipped.Header()} {
		if w.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%v", w)
		}
	}
	if plain.Header().Get("ETag") == zipped.Header().Get("ETag") {
		t.Error("two representations have one tag")
	}
	if again := get(t, target, "Accept-Encoding", "gzip", "If-None-Match", zipped.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("%d", again.Code)
	}
	for _, refused := range []string{"", "gzip;q=0", "gzip;q=0.000", "br", "x-gzipped", "gzip;q=often"} {
		if w := get(t, target, "Accept-Encoding", refused); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%q was answered with %v", refused, w.Header())
		}
	}
	if w := get(t, "/addin/pane.css", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Error("six bytes were compressed")
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"/", "/addin", "/addin/", "/addin/icons", "/addin/icons/", "/addin/pane", "/addin/PANE.html", "/addin//pane.html", "/addin/./pane.html", "/addin/icons/../pane.html",
		"/addin/%2e%2e/manifest.xml", "/addin/..%2fmanifest.xml", "/addin/pane.html/", "/addin/pane.html%00.png", "/addin/..%5cpane.html", "/addin/pane.html.map",
		"/.well-known/", "/.well-known/security.txt", "/manifest.xml/", "/Manifest.xml", "/etc/passwd",
	} {
		if w, found := serve(t, deps(), http.MethodGet, target); found || w.Body.Len() != 0 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestWhatCouldNotWorkStopsTheStart(t *testing.T) {
	t.Parallel()
	put := func(name, content string) func(*addin.Deps) {
		return func(d *addin.Deps) {
			files, _ := d.Files.(fstest.MapFS)
			files[name] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	cases := []struct {
		name, says string
		spoil      func(*addin.Deps)
	}{
		{"a misspelt placeholder", "{{setings}}", put("pane.html", page+"{{setings}}")},
		{"a page without office.js", "does not load office.js", put("pane.html", "<!doctype html>")},
		{"a file of a kind that is not served", "addin/pane.js.map", put("pane.js.map", "{}")},
		{"a rule that is none", `not "maybe"`, func(d *addin.Deps) { d.Rules.Channel = "maybe" }},
		{"no rules", `not ""`, func(d *addin.Deps) { d.Rules = addin.Rules{} }},
		{"office.js from nowhere", "is no address", func(d *addin.Deps) { d.Office = "office.js" }},
		{"office.js with a policy in it", "is no address", func(d *addin.Deps) { d.Office = "https://a.example;script-src *" }},
		{"an authority that is none", "authority", func(d *addin.Deps) { d.Settings.Authority = "login.example" }},
		{"an ancestor with a path", "frame ancestors", func(d *addin.Deps) { d.Ancestors = []string{"https://mail.example/owa"} }},
		{"everybody as ancestor", "frame ancestors", func(d *addin.Deps) { d.Ancestors = []string{"*"} }},
		{"a policy as ancestor", "frame ancestors", func(d *addin.Deps) { d.Ancestors = []string{"https://a.example; script-src *"} }},
		{"two as one ancestor", "frame ancestors", func(d *addin.Deps) { d.Ancestors = []string{"https://a.example https://b.example"} }},
		{"a folder that cannot be read", "told so", func(d *addin.Deps) { d.Files = broken{} }},
	}
	for _, c := range cases {
		d := deps()
		c.spoil(&d)
		if _, err := addin.New(d); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	d := deps()
	put("pane.html", "x")(&d)
	put("guard.html", "y")(&d)
	if _, err := addin.New(d); err == nil || !strings.Contains(err.Error(), "pane.html") || !strings.Contains(err.Error(), "guard.html") {
		t.Errorf("not all at once: %v", err)
	}
}

type broken struct{ fstest.MapFS }

func (broken) ReadDir(string) ([]fs.DirEntry, error) { return nil, errors.New("told so") }
