package sheet

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sheet"
)

//go:embed views/*.html
var files embed.FS

// Deps is what the page needs.
type Deps struct {
	Make func(ctx context.Context) (sheet.Sheet, error)
}

type page struct {
	Deps
	zone *time.Location
}

// Page is the sheet.
func Page(d Deps) frame.Page {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		zone = time.UTC // the frame has found it, or has not started
	}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	p := page{Deps: d, zone: zone}
	const who = frame.Auditor | frame.Administrator
	return frame.Page{
		Path: "/admin/sheet", Name: fault.Sentence{DA: "DPO-ark", EN: "DPO's sheet"}, Who: who, Views: views,
		Rules: []frame.Rule{{Method: http.MethodGet, Path: "/admin/sheet", Who: who, Serve: p.show}},
	}
}

// shown is what the view has.
type shown struct {
	sheet.Sheet
	Rows    []row
	Reasons []reason
	Waiting bool // some copy is still on its way: a column for it
	Other   bool // and likewise
}

type row struct {
	sheet.Month
	Name fault.Sentence
}

type reason struct {
	sheet.Reason
	Say fault.Sentence
}

func (p page) show(r *http.Request, _ frame.Visitor) (frame.Answer, error) {
	s, err := p.Make(r.Context())
	if err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	view := shown{Sheet: s, Waiting: s.Total.Waiting > 0, Other: s.Total.Other > 0}
	for _, m := range s.Months {
		view.Rows = append(view.Rows, row{m, monthName(m.Begins.In(p.zone))})
	}
	for _, one := range s.Reasons {
		view.Reasons = append(view.Reasons, reason{one, reasonName(one)})
	}
	return frame.Show("sheet.html", fault.Sentence{DA: "Sikker mail: ark til databeskyttelsesrådgiveren", EN: "Secure mail: the data protection officer's sheet"}, view), nil
}

func monthName(t time.Time) fault.Sentence {
	danish := [...]string{"jan.", "feb.", "mar.", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."}
	return fault.Sentence{DA: fmt.Sprintf("%s %d", danish[t.Month()-1], t.Year()), EN: t.Format("Jan 2006")}
}

// Days is a time that something is kept, in whole days; 0 is for ever.
func (shown) Days(d time.Duration) int { return int(d.Hours() / 24) }

// Expired says whether that was before the sheet.
func (s shown) Expired(t time.Time) bool { return t.Before(s.At) }
