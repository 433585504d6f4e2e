package api

import (
	"net/http"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sending"
)

func TestTheAddInIsForEverybody(t *testing.T) {
	t.Parallel()
	h, log := open(t, useCase{read: func() (sending.Message, error) { return sending.Message{}, nil }})
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := ask(t, h, method, "/addin/pane.html?_host_Info=Outlook$Web", nil, "Authorization", "Bearer nobody")
		if w.Code != http.StatusOK || strings.Join(w.Header().Values("Content-Security-Policy"), "|") != "frame-ancestors https://outlook.example" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
	for _, target := range []string{"/addin/other.js", "/addin/icons/other.png", "/manifest.xml", "/.well-known/microsoft-officeaddins-allowed.json"} {
		w := ask(t, h, http.MethodGet, target, nil)
		if p := problemOf(t, w); w.Code != http.StatusNotFound || p.Code != "no_such_file" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for _, target := range []string{"/addin/a/b.js", "/addin/../v1/me", "/addin/icons/a/b.png", "/.well-known/", "/.well-known/security.txt"} {
		w := ask(t, h, http.MethodGet, target, nil)
		if p := problemOf(t, w); w.Code != http.StatusNotFound || p.Code != "no_such_call" && p.Code != "no_such_file" {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for _, target := range []string{"/addin/", "/addin", "/addin/icons/"} { // no folder is listed
		if w := ask(t, h, http.MethodGet, target, nil); w.Code < 400 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := ask(t, h, http.MethodPost, "/addin/pane.html", nil); w.Code != http.StatusNotFound {
		t.Errorf("POST: %d", w.Code)
	}
	if text := log.String(); !strings.Contains(text, `"path":"/addin/{file}"`) || strings.Contains(text, "_host_Info") || strings.Contains(text, "pane.html") {
		t.Errorf("the log tells another path than the contract's:\n%s", text)
	}
}
