package auditlog

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

const (
	pageSize  = 50
	maxSearch = 320 // octets of a field: the longest address (RFC 5321 sections 4.5.3.1.1 and .2)
)

// form is the search as it is shown again.
type form struct {
	Since, Until, Mailbox, Actor, Action string
	Filled                               bool
}

type choice struct {
	Value string
	Name  fault.Sentence
}

type listed struct {
	Form      form
	Wrong     []fault.Sentence
	Actions   []choice
	Mailboxes []store.Mailbox
	State     ledger.State
	Lines     []line
	Next      string // address of the next page
	First     string // of the first, where this is another
	JSONLines string // addresses of the same as files
	CSV       string
}

func (p page) list(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	asked := r.URL.Query()
	var l listed
	filter := p.read(asked, &l)
	before, err := position(asked.Get("before"))
	if err != nil {
		l.wrong("Den side findes ikke.", "There is no such page.")
	}
	if l.State, err = p.Ledger.State(r.Context()); err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	actions, err := p.Store.AuditActions(r.Context())
	if err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	for _, a := range actions {
		l.Actions = append(l.Actions, choice{a, nameOf(a)})
	}
	if l.Mailboxes, err = p.Store.MailboxesIn(r.Context(), v.Scope()); err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	if len(l.Wrong) == 0 {
		rows, err := p.Store.AuditPage(r.Context(), filter, before, pageSize+1)
		if err != nil {
			return frame.Answer{}, frame.Away(err)
		}
		if len(rows) > pageSize {
			rows = rows[:pageSize]
			l.Next = address(listPath, asked, "before", strconv.FormatUint(rows[pageSize-1].Sequence, 10))
		}
		for _, row := range rows {
			l.Lines = append(l.Lines, lineOf(row))
		}
	}
	if asked.Has("before") {
		l.First = address(listPath, asked)
	}
	l.JSONLines, l.CSV = address(filePath, asked, "format", "ndjson"), address(filePath, asked, "format", "csv")
	return frame.Show("auditlog.html", fault.Sentence{DA: "Revisionslog", EN: "Audit log"}, l), nil
}

func position(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseUint(text, 10, 63)
}

// address is the same search in another place.
func address(path string, asked url.Values, more ...string) string {
	q := url.Values{}
	for _, name := range []string{"since", "until", "mailbox", "actor", "action"} {
		if value := asked.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// read makes a filter of the form, and says what of it cannot be used.
func (p page) read(asked url.Values, l *listed) store.AuditFilter {
	field := func(name string) string {
		value := strings.TrimSpace(asked.Get(name))
		if len(value) > maxSearch {
			l.wrong("Et af felterne er for langt.", "One of the fields is too long.")
			return ""
		}
		l.Form.Filled = l.Form.Filled || value != ""
		return value
	}
	f := &l.Form
	f.Since, f.Until, f.Mailbox, f.Actor, f.Action = field("since"), field("until"), field("mailbox"), field("actor"), field("action")
	if strings.Trim(f.Action, "abcdefghijklmnopqrstuvwxyz_") != "" {
		f.Action = ""
		l.wrong("Den handling findes ikke.", "There is no such action.")
	}
	filter := store.AuditFilter{Mailbox: mailbox.Canonical(f.Mailbox), Actor: f.Actor, Action: f.Action}
	filter.Since = p.day(f.Since, 0, l)
	filter.Until = p.day(f.Until, 1, l)
	return filter
}

// day is the midnight before a day that was typed in, or one after that: until is meant with the day itself.
func (p page) day(text string, more int, l *listed) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, text, p.zone)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		l.wrong("En dag skrives som 2026-11-27.", "A day is written as 2026-11-27.")
		return time.Time{}
	}
	return t.AddDate(0, 0, more)
}

func (l *listed) wrong(danish, english string) {
	say := fault.Sentence{DA: danish, EN: english}
	if !slices.Contains(l.Wrong, say) {
		l.Wrong = append(l.Wrong, say)
	}
}
