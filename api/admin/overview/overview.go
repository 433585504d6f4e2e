package overview

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

//go:embed views/*.html
var files embed.FS

// partTime is how long a part may take to say that it works: the page waits for the slowest.
const partTime = 3 * time.Second

// Store counts. *store.Store is one.
type Store interface {
	Figures(ctx context.Context, scope store.Scope, since time.Time) (store.Figures, error)
	Days(ctx context.Context, scope store.Scope, bounds []time.Time) ([]store.Day, error)
	MailboxesIn(ctx context.Context, scope store.Scope) ([]store.Mailbox, error)
	BreakingBefore(ctx context.Context, bounds []time.Time) ([]int, error)
}

// Part is something the service cannot do without.
type Part struct {
	Name  string
	Ready func(ctx context.Context) error
}

// Source is somebody who is asked for certificates, and what came of it last.
type Source struct {
	Name  string
	At    time.Time // zero: not asked since the program started
	Fails bool
}

// Deps is what the page needs.
type Deps struct {
	Store   Store
	Parts   []Part
	Sources func() []Source // nil: none
	Now     func() time.Time
}

type page struct {
	Deps
	zone   *time.Location
	closed *closed
}

// Page is the overview.
func Page(d Deps) frame.Page {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		zone = time.UTC // the frame has found it, or has not started
	}
	p := page{Deps: d, zone: zone, closed: &closed{seen: map[string]closedDays{}}}
	views, err := fs.Sub(files, "views")
	if err != nil {
		views = files
	}
	return frame.Page{
		Path: "/admin/", Name: fault.Sentence{DA: "Overblik", EN: "Overview"}, Who: frame.Readers, Views: views,
		Rules: []frame.Rule{
			{Method: http.MethodGet, Path: "/admin/{$}", Who: frame.Readers, Serve: p.show},
		},
	}
}

// shown is what the view has.
type shown struct {
	Well     bool
	Figures  store.Figures
	Waits    time.Duration // of the oldest that waits
	Late     bool          // that is too long
	Parts    []part
	Sources  []Source
	Expiring []expiring
	Everyone bool // the visitor sees what belongs to nobody's mailbox, too
	Chart    chart
}

type part struct {
	Name  string
	Works bool
}

// lateAfter: a mail is sent within seconds, and the queue's own back-off after a failure begins at a minute or so.
const lateAfter = 10 * time.Minute

func (p page) show(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	ctx, now := r.Context(), p.Now()
	local := now.In(p.zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, p.zone)
	scope := v.Scope()
	s := shown{Everyone: scope.All}
	var err error
	if s.Figures, err = p.Store.Figures(ctx, scope, midnight); err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	if !s.Figures.Oldest.IsZero() {
		s.Waits = now.Sub(s.Figures.Oldest).Round(time.Second)
		s.Late = s.Waits > lateAfter
	}
	if s.Expiring, err = p.expiring(ctx, scope, now); err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	if s.Chart, err = p.chart(ctx, scope, midnight); err != nil {
		return frame.Answer{}, frame.Away(err)
	}
	s.Parts = p.parts(ctx)
	if p.Sources != nil {
		s.Sources = p.Sources()
	}
	s.Well = well(s)
	return frame.Show("overview.html", fault.Sentence{DA: "Overblik", EN: "Overview"}, s), nil
}

// well is whether nobody need do anything.
func well(s shown) bool {
	for _, one := range s.Parts {
		if !one.Works {
			return false
		}
	}
	for _, one := range s.Sources {
		if one.Fails {
			return false
		}
	}
	for _, one := range s.Expiring {
		if one.Ended+one.Week > 0 {
			return false
		}
	}
	return s.Figures.Unknown == 0 && !s.Late
}

// parts asks all at once, as /readyz does.
func (p page) parts(ctx context.Context) []part {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	list := make([]part, len(p.Parts))
	var wait sync.WaitGroup
	for i, one := range p.Parts {
		wait.Go(func() { list[i] = part{Name: one.Name, Works: one.Ready(ctx) == nil} })
	}
	wait.Wait()
	return list
}
