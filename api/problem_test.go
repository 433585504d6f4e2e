package api

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409,
		fault.TooLarge: 413, fault.Unsupported: 415, fault.Refused: 422, fault.Throttled: 429, fault.Unavailable: 503, fault.Rejected: 502, fault.Unclear: 502,
	}
	if len(fault.Kinds()) != len(want) {
		t.Fatalf("%d kinds, but this table has %d: decide what a caller is told of the new one", len(fault.Kinds()), len(want))
	}
	s := &server{Deps: Deps{Log: slog.New(slog.DiscardHandler)}}
	for _, kind := range fault.Kinds() {
		f := fault.New(kind, "some_code", fault.Sentence{DA: "Dansk.", EN: "English."}, errors.New("open /var/lib/secret: denied"))
		f.RetryAfter = 1100 * time.Millisecond
		w := httptest.NewRecorder()
		s.problem(w, httptest.NewRequest(http.MethodGet, "/", nil), f)
		p := problemOf(t, w)
		if w.Code != want[kind] || p.Status != want[kind] || p.Title != http.StatusText(want[kind]) || p.Code != "some_code" || p.Detail != "Dansk." || p.Say.En != "English." {
			t.Errorf("%s: got %d %s", kind, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: the cause is told: %s", kind, w.Body)
		}
		if w.Header().Get("Retry-After") != "2" { // never sooner than was asked for
			t.Errorf("%s: Retry-After %q", kind, w.Header().Get("Retry-After"))
		}
		if (w.Header().Get("WWW-Authenticate") != "") != (want[kind] == 401) {
			t.Errorf("%s: WWW-Authenticate %q", kind, w.Header().Get("WWW-Authenticate"))
		}
	}
	if fault.Kind(99).Status() != 500 {
		t.Error("a kind that nobody knows is not our own mistake")
	}
}

func TestTheLanguageIsDanishUnlessEnglishIsPreferred(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"": "da", "da": "da", "en": "en", "en-GB": "en", "EN-us": "en", "da-DK,da;q=0.9,en;q=0.8": "da", "en-GB, da;q=0.5": "en",
		"da;q=0.5, en;q=0.9": "en", "sv, en;q=0.5": "en", "sv": "da", "en;q=0": "da", "en;q=0, da;q=0": "da", "da, en": "da", "en, da": "en",
		"*": "da", "fr-x-agenda": "da", "bem, men": "da", "en;q=x": "da", ",,;;q=,": "da", "en ; q=0.7 , da ; q=0.6": "en",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", asked)
		if got := language(r); got != want {
			t.Errorf("%q: got %s, want %s", asked, got, want)
		}
	}
}
