package partners

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/mailbox"
)

const (
	// maxQuery runes of a search are looked at: the longest name of a unit.
	maxQuery = 100
	// soon is how long before its end a certificate is marked: package trust warns our own senders as early.
	soon = 30 * 24 * time.Hour
)

//go:embed page.html
var pageFiles embed.FS

//go:embed style.css
var styleSheet []byte

// readTemplates reads what is embedded: a template that cannot be read is found by the first test.
func readTemplates() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "page.html"))
}

// view is what every page is made of.
type view struct {
	Say          words
	Organisation string
	Languages    []choice
	Canonical    string // with the scheme and host, for search engines; "" where these are not known
	Home         string

	Query    string
	MaxQuery int
	Asked    bool // ?lang chose the language: links and the form keep it
	Count    string
	Cut      bool
	Cards    []card

	Heading, Help string // of a refusal
}

// choice is the same page in one of the languages.
type choice struct {
	Tag, Language, Link string
	Address             string // Link with the scheme and host
	Current             bool
}

// card is one mailbox.
type card struct {
	ID, Name, Address, Holder, Issuer string
	From, To, FromDay, ToDay          string // ISO for programs, day for people
	State, StateSay, StateHelp        string
	Unnamed                           bool
	Fingerprint                       []string
	Link                              string
	NextAt, NextDay                   string // when another certificate follows
	NextPrint                         []string
}

// list is the page itself.
func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	shown, err := p.shelf.get(r.Context())
	if err != nil {
		p.away(w, r)
		return
	}
	v := p.viewOf(r)
	found := shown.search(v.Query)
	v.Count = v.Say.count(len(found))
	if v.Cut = len(found) > maxShown; v.Cut {
		found = found[:maxShown]
	}
	now := p.now()
	v.Cards = make([]card, len(found))
	for i, e := range found {
		v.Cards[i] = cardOf(e, i, v.Say, now)
	}
	page, err := p.render("list", v)
	if err != nil {
		p.log.ErrorContext(r.Context(), "the page for partners cannot be written", "err", err)
		p.away(w, r)
		return
	}
	speak(w, v)
	send(w, r, content{Type: "text/html; charset=utf-8", Body: page})
}

func (p *pages) viewOf(r *http.Request) view {
	say, asked := p.speech.choose(r)
	v := view{
		Say: say, Asked: asked, Organisation: p.organisation, MaxQuery: maxQuery, Home: pagePath,
		Query: bounded(r.URL.Query().Get("q")),
	}
	if asked {
		v.Home = address("", say.Tag)
	}
	for _, one := range p.speech.all {
		c := choice{Tag: one.Tag, Language: one.Language, Link: address(v.Query, one.Tag), Current: one.Tag == say.Tag}
		c.Address = p.base + c.Link
		v.Languages = append(v.Languages, c)
	}
	if p.base != "" {
		v.Canonical = p.base + address(v.Query, say.Tag)
	}
	return v
}

// bounded is a search as it is used and shown again.
func bounded(query string) string {
	query = strings.TrimSpace(strings.ToValidUTF8(query, ""))
	n := 0
	for i := range query {
		if n++; n > maxQuery {
			return strings.TrimSpace(query[:i])
		}
	}
	return query
}

// address is the page with a search and in a language.
func address(query, lang string) string {
	values := url.Values{"lang": {lang}}
	if query != "" {
		values.Set("q", query)
	}
	return pagePath + "?" + values.Encode()
}

func cardOf(e entry, n int, say words, now time.Time) card {
	from, to := e.Certificate.NotBefore.UTC(), e.Certificate.NotAfter.UTC()
	c := card{
		ID: "m" + strconv.Itoa(n+1), Name: e.Name, Address: e.Address, Holder: e.holder, Issuer: e.issuer,
		From: from.Format(time.RFC3339), To: to.Format(time.RFC3339), FromDay: say.date(from), ToDay: say.date(to),
		Unnamed: !e.named, Fingerprint: e.fingerprint, Link: e.link,
	}
	if e.Next != nil {
		c.NextAt, c.NextDay, c.NextPrint = e.Next.From.UTC().Format(time.RFC3339), say.date(e.Next.From.UTC()), fours(mailbox.Fingerprint(e.Next.Certificate))
	}
	switch {
	case now.After(to):
		c.State, c.StateSay, c.StateHelp = "ended", say.Ended, say.EndedHelp
	case now.Before(from):
		c.State, c.StateSay, c.StateHelp = "early", say.Early, say.EarlyHelp
	case to.Sub(now) < soon:
		c.State, c.StateSay, c.StateHelp = "soon", say.Soon, say.SoonHelp
	default:
		c.State, c.StateSay = "good", say.Good
	}
	return c
}

func (p *pages) render(name string, v view) ([]byte, error) {
	var page bytes.Buffer
	err := p.templates.ExecuteTemplate(&page, name, v)
	return page.Bytes(), err
}

// speak tells readers and caches which language this is, and that another client may get another.
func speak(w http.ResponseWriter, v view) {
	w.Header().Set("Content-Language", v.Say.Tag)
	w.Header().Add("Vary", "Accept-Language")
}

// absent is for every path that we do not have, whatever it was meant to be.
func (p *pages) absent(w http.ResponseWriter, r *http.Request) {
	p.refused(w, r, http.StatusNotFound, func(say words) (string, string) { return say.Absent, say.AbsentHelp })
}

// busy is for a client who asks too often; Retry-After is set before.
func (p *pages) busy(w http.ResponseWriter, r *http.Request) {
	p.refused(w, r, http.StatusTooManyRequests, func(say words) (string, string) { return say.Busy, say.BusyHelp })
}

// away is for when we have nothing to show.
func (p *pages) away(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", strconv.Itoa(int(failureRest.Seconds())))
	p.refused(w, r, http.StatusServiceUnavailable, func(say words) (string, string) { return say.Away, say.AwayHelp })
}

func (p *pages) refused(w http.ResponseWriter, r *http.Request, status int, why func(words) (heading, help string)) {
	v := p.viewOf(r)
	v.Query, v.Canonical = "", ""
	v.Heading, v.Help = why(v.Say)
	page, err := p.render("refusal", v)
	if err != nil {
		p.log.LogAttrs(r.Context(), slog.LevelError, "a refusal for partners cannot be written", slog.Any("err", err))
	}
	speak(w, v)
	refuse(w, r, status, page)
}
