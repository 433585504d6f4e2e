package messages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

const (
	pageSize  = 50
	maxSearch = 320 // octets of a field: the longest address (RFC 5321 sections 4.5.3.1.1 and .2)
)

// form is the search as it is shown again.
type form struct {
	State, Mailbox, Sender, Recipient, HeaderID, Since, Until string
	Filled                                                    bool
}

type row struct {
	sending.Inspection
	State      sending.Outcome
	Undecided  bool // a copy of it is unknown, whatever the others are
	Recipients []sending.Recipient
	More       int // recipients that are not shown
}

type listed struct {
	Form      form
	Wrong     []fault.Sentence
	Mailboxes []store.Mailbox
	Rows      []row
	Next      string // address of the next page
	First     string // of the first, where this is another
}

func (p page) list(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	asked := r.URL.Query()
	var l listed
	q := p.read(asked, &l)
	q.Scope, q.Limit = v.Scope(), pageSize+1
	var err error
	if l.Mailboxes, err = p.Mailboxes.MailboxesIn(r.Context(), q.Scope); err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	if len(l.Wrong) == 0 {
		found, err := p.Sending.Search(r.Context(), q)
		if err != nil {
			return frame.Answer{}, err
		}
		if len(found) > pageSize {
			found = found[:pageSize]
			l.Next = address(asked, found[pageSize-1].ID)
		}
		for _, one := range found {
			l.Rows = append(l.Rows, rowOf(one))
		}
	}
	if asked.Has("before") {
		l.First = address(asked, "")
	}
	return frame.Show("messages.html", fault.Sentence{DA: "Beskeder", EN: "Messages"}, l), nil
}

// shownRecipients of a message stand in the list; the others are counted.
const shownRecipients = 3

func rowOf(one sending.Inspection) row {
	r := row{Inspection: one, State: one.Outcome(), Recipients: one.Recipients}
	r.Undecided = slices.ContainsFunc(one.Recipients, func(to sending.Recipient) bool { return to.State == store.Unknown })
	if len(r.Recipients) > shownRecipients {
		r.Recipients, r.More = r.Recipients[:shownRecipients], len(r.Recipients)-shownRecipients
	}
	return r
}

// address is the same search from another message on.
func address(asked url.Values, before string) string {
	q := url.Values{}
	for _, name := range []string{"state", "mailbox", "sender", "recipient", "message-id", "since", "until", "days"} {
		if value := asked.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return listPath
	}
	return listPath + "?" + q.Encode()
}

// read makes a search of the form, and says what of it cannot be used.
func (p page) read(asked url.Values, l *listed) store.MessageSearch {
	field := func(name string) string {
		value := strings.TrimSpace(asked.Get(name))
		if len(value) > maxSearch {
			l.wrong("Et af felterne er for langt.", "One of the fields is too long.")
			return ""
		}
		if value != "" && name != "before" {
			l.Form.Filled = true
		}
		return value
	}
	f := &l.Form
	f.State, f.Mailbox, f.Sender, f.Recipient, f.HeaderID = field("state"), field("mailbox"), field("sender"), field("recipient"), field("message-id")
	f.Since, f.Until = field("since"), field("until")
	if field("days") == "1" && f.Since == "" { // the overview's: since midnight
		f.Since = p.Now().In(p.zone).Format(time.DateOnly)
	}
	q := store.MessageSearch{State: f.State, Mailbox: mailbox.Canonical(f.Mailbox), Sender: strings.ToLower(f.Sender), Recipient: f.Recipient, Before: field("before")}
	if f.HeaderID != "" {
		q.HeaderID = "<" + strings.Trim(f.HeaderID, "<>") + ">"
	}
	if !slices.Contains([]string{"", "sending", "sent", "failed", "unknown", "cancelled"}, f.State) {
		f.State = ""
		l.wrong("Den tilstand findes ikke.", "There is no such state.")
	}
	if f.Sender != "" && uuid.Validate(f.Sender) != nil {
		l.wrong("Afsenderen søges ved id'et i Entra, for eksempel 0e750000-0000-4000-8000-000000000001. Det står på en af personens beskeder.",
			"The sender is searched for by the id in Entra, such as 0e750000-0000-4000-8000-000000000001. It stands on one of their messages.")
	}
	if q.Before != "" && uuid.Validate(q.Before) != nil {
		l.wrong("Den side findes ikke.", "There is no such page.")
	}
	q.Since = p.day(f.Since, 0, l)
	q.Until = p.day(f.Until, 1, l)
	return q
}

// day is the midnight before a day that was typed in, or one after that: until is meant with the day itself.
func (p page) day(text string, more int, l *listed) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, text, p.zone)
	if err != nil {
		l.wrong("Datoer skrives som 2026-11-27.", "Dates are written as 2026-11-27.")
		return time.Time{}
	}
	return t.AddDate(0, 0, more)
}

func (l *listed) wrong(danish, english string) {
	if say := (fault.Sentence{DA: danish, EN: english}); !slices.Contains(l.Wrong, say) {
		l.Wrong = append(l.Wrong, say)
	}
}
