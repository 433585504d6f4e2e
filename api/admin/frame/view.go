package frame

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

//go:embed views/*.html
var own embed.FS

// views are the templates by file name, each with the frame around it.
type views map[string]*template.Template

// readViews gives every view a frame of its own: all of them call what stands in it "content".
func readViews(pages []Page) (views, error) {
	frame, err := template.ParseFS(own, "views/frame.html")
	if err != nil {
		return nil, fmt.Errorf("reading the frame of the pages: %w", err)
	}
	inner, err := fs.Sub(own, "views")
	if err != nil {
		return nil, err
	}
	all := views{}
	sets := []fs.FS{inner}
	for _, p := range pages {
		if p.Views != nil {
			sets = append(sets, p.Views)
		}
	}
	for _, set := range sets {
		names, err := fs.Glob(set, "*.html")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if name == "frame.html" {
				continue
			}
			if _, twice := all[name]; twice {
				return nil, fmt.Errorf("two pages have a view %s", name)
			}
			copied, err := frame.Clone()
			if err == nil {
				_, err = copied.ParseFS(set, name)
			}
			if err != nil {
				return nil, fmt.Errorf("reading the view %s: %w", name, err)
			}
			all[name] = copied
		}
	}
	return all, nil
}

func (v views) execute(w io.Writer, view string, p Shown) error {
	t, there := v[view]
	if !there {
		return fmt.Errorf("there is no view %s", view)
	}
	return t.ExecuteTemplate(w, "frame", p)
}

// Shown is what a view is made of: $ in every template.
type Shown struct {
	Lang         string // "da" or "en"
	Title        string
	Told         string // what was just done
	Organisation string
	Visitor      Visitor
	Nav          []Link
	Languages    []Link
	Style        string
	Data         any
	zone         *time.Location
}

// Link is a way to another page.
type Link struct {
	Path, Name string
	Tag        string // of a language
	Current    bool
}

// page is what every view has around it.
func (s *Site) page(r *http.Request, v Visitor, lang string) Shown {
	p := Shown{Lang: lang, Organisation: s.Organisation, Visitor: v, Style: s.style, zone: s.zone}
	for _, one := range s.Pages {
		if v.Is(one.Who) {
			current := r.URL.Path == one.Path || one.Path != homePath && strings.HasPrefix(r.URL.Path, one.Path+"/")
			p.Nav = append(p.Nav, Link{Path: one.Path, Name: one.Name.In(lang), Current: current})
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return p // the answer to a form has no address to be had again in another language
	}
	for _, l := range []Link{{Tag: "da", Name: "Dansk"}, {Tag: "en", Name: "English"}} {
		q := r.URL.Query()
		q.Set("lang", l.Tag)
		l.Path, l.Current = r.URL.Path+"?"+q.Encode(), l.Tag == lang
		p.Languages = append(p.Languages, l)
	}
	return p
}

// spoken is the language of an answer: ?lang where it names one, which a session then remembers; else the session's; else the browser's.
func (s *Site) spoken(r *http.Request, v Visitor) string {
	if asked := r.URL.Query().Get("lang"); asked == "da" || asked == "en" {
		if v.Is(SignedIn) && s.sessions.GetString(r.Context(), languageKey) != asked {
			s.sessions.Put(r.Context(), languageKey, asked)
		}
		return asked
	}
	if kept := s.sessions.GetString(r.Context(), languageKey); kept != "" {
		return kept
	}
	return accepted(r)
}

// accepted is English where the browser names it before Danish, and Danish otherwise.
func accepted(r *http.Request) string {
	for one := range strings.SplitSeq(strings.ToLower(r.Header.Get("Accept-Language")), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(one), ";")
		switch primary, _, _ := strings.Cut(tag, "-"); primary {
		case "da", "en":
			return primary
		}
	}
	return "da"
}

// Say picks a text: both stand side by side in the template, so that whoever changes one sees the other.
func (p Shown) Say(danish, english string) string {
	return p.In(fault.Sentence{DA: danish, EN: english})
}

// In picks from a sentence.
func (p Shown) In(s fault.Sentence) string { return s.In(p.Lang) }

// Day writes a date as people do, in Danish time: "27. nov. 2026", "27 Nov 2026".
func (p Shown) Day(t time.Time) string {
	t = t.In(p.zone)
	if p.Lang == "en" {
		return t.Format("2 Jan 2006")
	}
	return fmt.Sprintf("%d. %s %d", t.Day(), danishMonth(t.Month()), t.Year())
}

// Moment is Day with the time of day.
func (p Shown) Moment(t time.Time) string {
	if p.Lang == "en" {
		return p.Day(t) + t.In(p.zone).Format(" 15:04:05")
	}
	return p.Day(t) + t.In(p.zone).Format(" kl. 15.04.05")
}

// ISO is a time for programs, in a datetime attribute.
func (p Shown) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Number groups thousands: 12.345, 12,345.
func (p Shown) Number(n int) string {
	separator := "."
	if p.Lang == "en" {
		separator = ","
	}
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + separator + text[i:]
	}
	return text
}

// With is an address with some of its query replaced: pairs of name and value, "" takes the name away.
func (p Shown) With(path string, query url.Values, pairs ...string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", errors.New("With wants pairs")
	}
	q := url.Values{}
	for name, values := range query {
		q[name] = slices.Clone(values)
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path, nil
	}
	return path + "?" + q.Encode(), nil
}

func danishMonth(m time.Month) string {
	return [...]string{"jan.", "feb.", "mar.", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."}[m-1]
}

// RoleName is what the visitor is, in words.
func (p Shown) RoleName() string {
	switch {
	case p.Visitor.Is(Administrator):
		return p.Say("Administrator", "Administrator")
	case p.Visitor.Is(Auditor):
		return p.Say("Revisor (læser)", "Auditor (reads)")
	case p.Visitor.Is(Local):
		return p.Say("Lokal administrator", "Local administrator")
	}
	return p.Say("Ingen rolle", "No role")
}

// ShortDay is a day without its year: "27/11", "27 Nov".
func (p Shown) ShortDay(t time.Time) string {
	if p.Lang == "en" {
		return t.In(p.zone).Format("2 Jan")
	}
	return t.In(p.zone).Format("2/1")
}

// Span is how long something took, in its largest unit or two.
func (p Shown) Span(d time.Duration) string {
	minutes := int(d.Minutes())
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d %s", int(d.Seconds()), p.Say("sek.", "s"))
	case d < time.Hour:
		return fmt.Sprintf("%d %s", minutes, p.Say("min.", "min"))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d %s %d %s", minutes/60, p.Say("t.", "h"), minutes%60, p.Say("min.", "min"))
	}
	return fmt.Sprintf("%d %s", minutes/60/24, p.Say("dage", "days"))
}

// Date is a day as date fields have it, in Danish time.
func (p Shown) Date(t time.Time) string { return t.In(p.zone).Format(time.DateOnly) }

// PartName is what people call a part of the service.
func (p Shown) PartName(name string) string {
	switch name {
	case "program":
		return p.Say("Programmet", "The program")
	case "database":
		return p.Say("Databasen", "The database")
	case "spool":
		return p.Say("Køens lager", "The queue's storage")
	case "graph":
		return "Microsoft Graph"
	}
	return name
}
