package api

import (
	"fmt"
	"html"
	"net/http"
	"strings"

	"aau.dk/sendsikker/internal/fault"
)

// isPage says whether a person looks at the answer: a page of the add-in. All else here is read by programs.
func (s *server) isPage(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/addin/") && strings.HasSuffix(r.URL.Path, ".html")
}

// busy says in the place of a page of the add-in that it comes too often: framed by whoever may frame that page, and without style,
// which is a file that would be refused as well.
func (s *server) busy(w http.ResponseWriter, r *http.Request, f *fault.Fault) {
	lang := language(r)
	heading := fault.Sentence{DA: "Prøv igen om lidt", EN: "Try again shortly"}.In(lang)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Content-Security-Policy", s.AddIn.Policy(r.URL.Path))
	w.WriteHeader(f.Kind.Status())
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, "<!doctype html>\n<html lang=%q>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<h1>%[2]s</h1>\n<p>%[3]s</p>\n</html>\n",
			lang, heading, html.EscapeString(f.Say.In(lang)))
	}
}
