package recipients

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

type listed struct {
	For, State string
	Filled     bool
	Wrong      *fault.Sentence
	Rows       []row
	Next       string
	Changes    bool // the visitor may pin
}

// row is a certificate and what is to be said of it.
type row struct {
	shelf.Entry
	Class string
	Say   fault.Sentence // why it is not used, or what the last look found
}

func (p page) list(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	asked := r.URL.Query()
	l := listed{For: strings.TrimSpace(asked.Get("for")), State: asked.Get("state"), Changes: v.Is(frame.Administrator)}
	l.Filled = l.For != "" || l.State != ""
	q := store.CertificateQuery{Subject: l.For, Limit: pageSize}
	switch l.State {
	case "pending", "used":
		pending := l.State == "pending"
		q.Pending = &pending
	case "broken", "breaking": // what the overview counts
		q.Pending, q.BreaksBefore = new(bool), p.Now()
		if l.State == "breaking" {
			q.BreaksBefore = q.BreaksBefore.Add(soon)
		}
	default:
		l.State = ""
	}
	if after := asked.Get("after"); uuid.Validate(after) == nil {
		q.After = after
	}
	list, err := p.Shelf.List(r.Context(), q)
	if f := fault.From(err); err != nil && f.Kind == fault.Invalid {
		l.Wrong = &f.Say // what was typed in is none: said beside the field
	} else if err != nil {
		return frame.Answer{}, err
	}
	for _, e := range list {
		l.Rows = append(l.Rows, rowOf(e))
	}
	if len(list) == pageSize {
		next := url.Values{"after": {list[pageSize-1].ID}}
		if l.For != "" {
			next.Set("for", l.For)
		}
		if l.State != "" {
			next.Set("state", l.State)
		}
		l.Next = listPath + "?" + next.Encode()
	}
	return frame.Show("recipients.html", fault.Sentence{DA: "Modtageres certifikater", EN: "Recipients' certificates"}, l), nil
}

func rowOf(e shelf.Entry) row {
	r := row{Entry: e, Class: "good"}
	code := trust.Code(e.Stored.Check.Code)
	switch {
	case e.Pending != "":
		r.Class, r.Say = "warn", e.Pending.Say(e.Certificate.NotAfter)
		if e.Pending == trust.UnknownIssuer { // the sentence for senders sends them to whoever reads this
			r.Say = fault.Sentence{
				DA: "Vi kender ikke den, der har udstedt det. Sammenlign fingeraftrykket med ejeren, før du godkender.",
				EN: "We do not know who issued it. Compare the fingerprint with its owner before you approve.",
			}
		}
	case e.Stored.Check.At.IsZero():
		r.Class, r.Say = "wait", fault.Sentence{DA: "Ses efter i nat, og hver gang der sendes.", EN: "Looked at tonight, and whenever mail is sent."}
	case code != trust.OK:
		r.Class, r.Say = "stop", code.Say(e.Certificate.NotAfter)
		if code == trust.UnknownIssuer {
			r.Say = fault.Sentence{
				DA: "Vi kender ikke den, der har udstedt det. Har du sammenlignet fingeraftrykket med ejeren, så læg det ind igen, og indestå for det.",
				EN: "We do not know who issued it. If you have compared the fingerprint with its owner, pin it again and vouch for it.",
			}
		}
	}
	return r
}
