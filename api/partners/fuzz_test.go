package partners

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Whatever is asked, it is found or not found; and what was asked never becomes markup.
func FuzzAnyRequestIsFoundOrNotFound(f *testing.F) {
	for _, seed := range [][3]string{
		{"/certificates", "q=its&lang=en", "da"}, {"/certificates", "q=%22%3E%3Cscript%3E", "en;q=0.1,de"}, {"/certificates/style.css", "", ""},
		{"/certificates/sikkermail@its.aau.example.cer", "", "*"}, {"/certificates/a/b%c?d.vcf", "lang=de", "xx"}, {"/certificates/\x00.p7b", "q=\xff", "\x00"}, {"", ";", ";q="},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	d := &database{list: mailboxes()}
	f.Fuzz(func(t *testing.T, path, query, accept string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Accept-Language": {accept}}}
		r = r.WithContext(t.Context())
		w := httptest.NewRecorder()
		open(d).ServeHTTP(w, r) // a new one: nobody is counted
		if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
			t.Fatalf("%d", w.Code)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			return
		}
		tokens := html.NewTokenizer(w.Body)
		for tokens.Next() != html.ErrorToken {
			token := tokens.Token()
			if token.Data == "script" && token.Type == html.StartTagToken || token.Data == "img" || token.Data == "iframe" {
				t.Fatalf("<%s> in the page", token.Data)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Fatalf("%s= in the page", a.Key)
				}
			}
		}
	})
}
