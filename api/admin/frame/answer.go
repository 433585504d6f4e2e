package frame

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"aau.dk/sendsikker/internal/fault"
)

// policy lets the pages do what they do and nothing else: our own style, pictures in our own style and links, forms that ask us. There
// is no script, so that none can be slipped in.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Answer is what a handler wants said. Made by Show, Go or File.
type Answer struct {
	view   string
	title  fault.Sentence
	data   any
	to     string
	told   fault.Sentence
	file   func(w http.ResponseWriter)
	cookie *http.Cookie
}

// Show answers with a view.
func Show(view string, title fault.Sentence, data any) Answer {
	return Answer{view: view, title: title, data: data}
}

// Go sends the browser to another page: what every form that changed something answers with, so that to load again changes nothing.
func Go(to string) Answer { return Answer{to: to} }

// Tell has the next page say what was done.
func (a Answer) Tell(say fault.Sentence) Answer {
	a.told = say
	return a
}

// File lets the handler write by itself, header fields too: downloads, and what is not HTML.
func File(write func(w http.ResponseWriter)) Answer { return Answer{file: write} }

// guarded sets the header fields that hold for every answer.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for what does not know frame-ancestors
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Addresses of pages hold ids and searches. Not no-referrer: that makes the Origin of our own forms null.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Strict-Transport-Security", "max-age=31536000") // browsers take it over HTTPS only (RFC 6797 section 8.1)
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *Site) write(w http.ResponseWriter, r *http.Request, v Visitor, a Answer) {
	if a.cookie != nil {
		http.SetCookie(w, a.cookie)
	}
	switch {
	case a.file != nil:
		a.file(w)
	case a.to != "":
		if a.told != (fault.Sentence{}) && v.Is(SignedIn) {
			if text, err := json.Marshal(a.told); err == nil {
				s.sessions.Put(r.Context(), toldKey, string(text))
			}
		}
		http.Redirect(w, r, a.to, http.StatusSeeOther)
	default:
		p := s.page(r, v, s.spoken(r, v))
		p.Title, p.Data = a.title.In(p.Lang), a.data
		if text := s.sessions.PopString(r.Context(), toldKey); text != "" {
			var told fault.Sentence
			if json.Unmarshal([]byte(text), &told) == nil {
				p.Told = told.In(p.Lang)
			}
		}
		s.render(w, r, http.StatusOK, a.view, p)
	}
}

// render writes a whole page or none: half of one would be a status 200 that lies.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, view string, p Shown) {
	var text bytes.Buffer
	if err := s.views.execute(&text, view, p); err != nil {
		s.Log.LogAttrs(r.Context(), slog.LevelError, "an administrators' page cannot be written", s.logged(w, r, slog.Any("err", err))...)
		http.Error(w, "Der skete en fejl hos os. Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = text.WriteTo(w) // nobody is left to tell
	}
}

// refusal is what a refused request is shown.
type refusal struct {
	Say      string
	Fields   []string
	SignIn   bool // it would help to sign in, or as somebody else
	Request  string
	Returned string // where to go from here
}

// refuse writes an error as a page. It is the only place that does, and the only one that logs.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, v Visitor, err error) {
	s.refuseIn(w, r, v, s.spoken(r, v), err)
}

func (s *Site) refuseIn(w http.ResponseWriter, r *http.Request, v Visitor, lang string, err error) {
	if _, large := asLarge(err); large {
		err = fault.New(fault.TooLarge, "form_too_large", fault.Sentence{
			DA: "Det er for stort. Intet er ændret.", EN: "That is too large. Nothing was changed.",
		}, nil)
	}
	f := fault.From(err)
	status := f.Kind.Status()
	level := slog.LevelInfo
	attrs := s.logged(w, r, slog.String("caller", v.ID), slog.String("kind", f.Kind.String()), slog.String("code", f.Code))
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Log.LogAttrs(r.Context(), level, "an administrators' page was refused", append(attrs, slog.Any("err", f.Cause))...)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	p := s.page(r, v, lang)
	p.Title = headingOf(f.Kind).In(lang)
	shown := refusal{Say: f.Say.In(lang), SignIn: f.Kind == fault.Unauthenticated || f.Code == "no_role", Request: requestID(w), Returned: homePath}
	for _, field := range f.Fields {
		if say := field.Say.In(lang); say != shown.Say {
			shown.Fields = append(shown.Fields, say)
		}
	}
	p.Data = shown
	s.render(w, r, status, "refusal.html", p)
}

// headingOf says in three words what sort of trouble it is.
func headingOf(k fault.Kind) fault.Sentence {
	switch k {
	case fault.Unauthenticated:
		return fault.Sentence{DA: "Log ind", EN: "Sign in"}
	case fault.Forbidden:
		return fault.Sentence{DA: "Ingen adgang", EN: "No access"}
	case fault.NotFound:
		return fault.Sentence{DA: "Findes ikke", EN: "Not found"}
	case fault.Invalid, fault.TooLarge, fault.Unsupported, fault.Refused, fault.Rejected:
		return fault.Sentence{DA: "Det kan ikke bruges", EN: "That cannot be used"}
	case fault.Conflict:
		return fault.Sentence{DA: "Det er ændret imens", EN: "It has changed meanwhile"}
	case fault.Throttled, fault.Unavailable, fault.Unclear:
		return fault.Sentence{DA: "Prøv igen om lidt", EN: "Try again shortly"}
	case fault.Internal:
	}
	return fault.Sentence{DA: "Der skete en fejl hos os", EN: "Something went wrong on our side"}
}

// requestID is the number that package api has given the request; it stands in its header and in the log.
func requestID(w http.ResponseWriter) string { return w.Header().Get("X-Request-Id") }

func (s *Site) logged(w http.ResponseWriter, r *http.Request, more ...slog.Attr) []slog.Attr {
	return append([]slog.Attr{slog.String("request_id", requestID(w)), slog.String("path", s.Pattern(r))}, more...)
}

// crossed is for a form that another site made the browser send.
func (s *Site) crossed(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, Visitor{Roles: Anybody}, fault.New(fault.Forbidden, "cross_origin", fault.Sentence{
		DA: "Formularen kom fra et andet websted, så intet er ændret. Gør det herfra.",
		EN: "The form came from another site, so nothing was changed. Do it from here.",
	}, nil))
}

// sessionsAway is for when nobody can be recognised: there is no session in the request, not even an empty one.
func (s *Site) sessionsAway(w http.ResponseWriter, r *http.Request, err error) {
	s.refuseIn(w, r, Visitor{Roles: Anybody}, accepted(r), Away(err))
}
