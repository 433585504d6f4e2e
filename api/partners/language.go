package partners

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// maxAccept octets of Accept-Language are read: browsers send some forty, and no person reads more languages than fit.
const maxAccept = 256

// speech is the languages of the page and how one of them is chosen.
type speech struct {
	all     []words // the first is spoken to those who ask for none of them
	matcher language.Matcher
}

func newSpeech() speech {
	s := speech{all: []words{danish(), english(), german()}}
	tags := make([]language.Tag, len(s.all))
	for i, w := range s.all {
		tags[i] = language.Make(w.Tag)
	}
	s.matcher = language.NewMatcher(tags)
	return s
}

// choose gives the language of a request: ?lang where it names one, else the best of Accept-Language (RFC 9110 section
// 12.5.4), else Danish. asked is whether ?lang did, so that links can keep it.
func (s speech) choose(r *http.Request) (w words, asked bool) {
	lang := r.URL.Query().Get("lang")
	for _, w := range s.all {
		if lang == w.Tag {
			return w, true
		}
	}
	// Several fields are one list (RFC 9110 section 5.3).
	accept := strings.Join(r.Header.Values("Accept-Language"), ",")
	if len(accept) > maxAccept {
		accept = accept[:maxAccept]
		accept = accept[:max(strings.LastIndexByte(accept, ','), 0)] // the last may be cut short
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return s.all[0], false
	}
	_, at, confidence := s.matcher.Match(tags...)
	if confidence == language.No {
		at = 0
	}
	return s.all[at], false
}

// date writes a day as people do: "23. november 2026", "23 November 2026". In UTC, as certificates are: a day is what
// matters, and all languages' readers live in different zones.
func (w words) date(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf(w.DateForm, t.Day(), w.Months[t.Month()-1], t.Year())
}

// count writes how many mailboxes there are.
func (w words) count(n int) string {
	if n == 1 {
		return "1 " + w.Mailbox
	}
	return fmt.Sprintf("%d %s", n, w.Mailboxes)
}
