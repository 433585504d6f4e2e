package overview

import (
	"context"
	"crypto/x509"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

const day = 24 * time.Hour

// expiring counts certificates by how long they have left. Each counts once, where it is most urgent.
type expiring struct {
	Name                     fault.Sentence
	Ended, Week, Month, Soon int // of no use already; within 7, 30, 60 days
	First                    string
	FirstPath                string // of its page
	List, EndedList          string // where they stand
	FirstAt                  time.Time
}

// Any says whether there is something to look at.
func (e expiring) Any() bool { return e.Ended+e.Week+e.Month+e.Soon > 0 }

func (e *expiring) count(left time.Duration) {
	switch {
	case left <= 0:
		e.Ended++
	case left <= 7*day:
		e.Week++
	case left <= 30*day:
		e.Month++
	case left <= 60*day:
		e.Soon++
	}
}

// expiring looks at our own mailboxes' certificates, and for those who see everything at the recipients' that are stored here.
func (p page) expiring(ctx context.Context, scope store.Scope, now time.Time) ([]expiring, error) {
	boxes, err := p.Store.MailboxesIn(ctx, scope)
	if err != nil {
		return nil, err
	}
	own := expiring{Name: fault.Sentence{DA: "Vores postkasser", EN: "Our mailboxes"}, List: "/admin/mailboxes", EndedList: "/admin/mailboxes"}
	for _, box := range boxes {
		c, err := x509.ParseCertificate(box.Certificate)
		if err != nil {
			return nil, err
		}
		own.count(c.NotAfter.Sub(now))
		if own.FirstAt.IsZero() || c.NotAfter.Before(own.FirstAt) {
			own.First, own.FirstPath, own.FirstAt = box.Address, "/admin/mailboxes/"+box.ID, c.NotAfter
		}
	}
	list := []expiring{own}
	if !scope.All {
		return list, nil
	}
	counts, err := p.Store.BreakingBefore(ctx, []time.Time{now, now.Add(7 * day), now.Add(30 * day), now.Add(60 * day)})
	if err != nil {
		return nil, err
	}
	return append(list, expiring{
		Name: fault.Sentence{DA: "Modtagere", EN: "Recipients"}, List: "/admin/recipients?state=breaking", EndedList: "/admin/recipients?state=broken",
		Ended: counts[0], Week: counts[1] - counts[0], Month: counts[2] - counts[1], Soon: counts[3] - counts[2],
	}), nil
}
