package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
)

func TestAnAcceptedStatusWithAnUnusableAnswerIsNoSuccess(t *testing.T) {
	t.Parallel()
	endless := func(w http.ResponseWriter) {
		for range 200 {
			if _, err := w.Write([]byte(strings.Repeat(" ", 64<<10))); err != nil {
				return
			}
		}
	}
	text := func(s string) func(http.ResponseWriter) { return func(w http.ResponseWriter) { fmt.Fprint(w, s) } }
	for _, test := range []struct {
		name, call string
		status     int
		write      func(http.ResponseWriter)
	}{
		{"an endless body", "create", 201, endless}, {"an endless body", "find", 200, endless}, {"an endless list", "notice", 200, endless},
		{"nothing", "create", 201, text("")}, {"HTML", "create", 201, text("<html>")}, {"no id", "create", 201, text("{}")},
		{"an id that is a path", "create", 201, text(`{"id":".."}`)}, {"an id that is a number", "create", 201, text(`{"id":7}`)},
		{"an id with a line break", "create", 201, text(`{"id":"a\r\nb"}`)}, {"null", "create", 201, text("null")},
		{"no isDraft", "find", 200, text(`{"id":"x"}`)}, {"isDraft in words", "find", 200, text(`{"isDraft":"no"}`)},
		{"a list that is none", "notice", 200, text(`{"value":{}}`)}, {"no list", "notice", 200, text(`{}`)}, {"an item without isDraft", "notice", 200, text(`{"value":[{}]}`)},
		{"a next link to another host", "notice", 200, text(`{"value":[],"@odata.nextLink":"https://partner.example/v1.0/x"}`)},
		{"a next link with a user part", "notice", 200, text(`{"value":[],"@odata.nextLink":"http://127.0.0.1:1@partner.example/v1.0/x"}`)},
		{"no list of groups", "groups", 200, text(`{}`)}, {"groups in words", "groups", 200, text(`{"value":"all"}`)},
	} {
		t.Run(test.call+" answers with "+test.name, func(t *testing.T) {
			t.Parallel()
			url, log := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				test.write(w)
			})
			want(t, calls[test.call](t.Context(), client(t, url, nil)), fault.Unavailable, "graph_unreadable")
			if len(log.all()) != 1 {
				t.Errorf("%d requests", len(log.all()))
			}
		})
	}
}

func TestAListThatDoesNotEndIsGivenUp(t *testing.T) {
	t.Parallel()
	url, log := answering(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"value":[],"@odata.nextLink":"http://%s%s?$skip=1"}`, r.Host, r.URL.EscapedPath())
	})
	want(t, calls["notice"](t.Context(), client(t, url, nil)), fault.Unavailable, "graph_unreadable")
	if n := len(log.all()); n > 40 {
		t.Errorf("%d requests", n)
	}
}

func TestARedirectCarriesNothingToAnotherHost(t *testing.T) {
	t.Parallel()
	other, elsewhere := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		url, _ := answering(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, status) })
		want(t, calls["send"](t.Context(), client(t, url, nil)), fault.Unclear, "graph_unclear")
		want(t, calls["create"](t.Context(), client(t, url, nil)), fault.Unavailable, "graph_unavailable")
	}
	if len(elsewhere.all()) != 0 {
		t.Error("a redirect was followed")
	}
}

func TestANewClientRefusesOptionsThatCannotBeSafe(t *testing.T) {
	t.Parallel()
	good := graph.Options{BaseURL: "https://graph.microsoft.com/v1.0", Credential: credential{}}
	if _, err := graph.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*graph.Options){
		"http to a real host": func(o *graph.Options) { o.BaseURL = "http://graph.microsoft.com/v1.0" },
		"a relative URL":      func(o *graph.Options) { o.BaseURL = "/v1.0" },
		"a user in the URL":   func(o *graph.Options) { o.BaseURL = "https://u:p@graph.microsoft.com/v1.0" },
		"a query":             func(o *graph.Options) { o.BaseURL = "https://graph.microsoft.com/v1.0?x" },
		"no URL":              func(o *graph.Options) { o.BaseURL = "" },
		"no credential":       func(o *graph.Options) { o.Credential = nil },
		"an unknown way":      func(o *graph.Options) { o.Large = 7 },
		"a negative limit":    func(o *graph.Options) { o.MaxUpload = -1 },
		"an absurd limit":     func(o *graph.Options) { o.MaxUpload = 1 << 40 },
	} {
		bad := good
		change(&bad)
		if _, err := graph.New(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	c, err := graph.New(graph.Options{BaseURL: good.BaseURL, Credential: credential{}, Large: graph.LargeUpload})
	if err != nil || c.MaxMessage() != graph.MaxUpload {
		t.Errorf("the upload way takes %d bytes, %v", c.MaxMessage(), err)
	}
}
