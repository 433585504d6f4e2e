package shelf

import (
	"context"
	"time"

	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// Rechecked counts what a look at everything found.
type Rechecked struct {
	Certificates int // in use
	Broken       int // that cannot be used now
	NewlyBroken  int // of these, since the last look
	Soon         int // that will end within Warn
}

// Warn is how long before its end a certificate counts as one that will break soon.
const Warn = 30 * 24 * time.Hour

const (
	// checkTime is how long one certificate may wait for what servers say of its revocation: a few times what one takes.
	checkTime = 5 * time.Second
	// recheckTime is how long all of them may wait together, when servers are away. The rest is judged by what is held, so that
	// the last ones are looked at every night too. It lies well below the time that a job has (store.jobTimeout).
	recheckTime = 10 * time.Minute
)

// Recheck judges every certificate in use again and stores what it finds: whether it can be used, and from when it cannot.
func (s *Shelf) Recheck(ctx context.Context) (Rechecked, error) {
	patient, cancel := context.WithTimeout(ctx, recheckTime)
	defer cancel()
	var total Rechecked
	err := s.each(ctx, false, func(row store.Certificate) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		check := s.check(patient, row)
		if err := s.Store.SetCertificateCheck(ctx, row.ID, check); err != nil {
			return unavailable(err)
		}
		total.count(row.Check, check)
		return nil
	})
	if err == nil {
		s.Log.InfoContext(ctx, "recipients' certificates were checked", "certificates", total.Certificates, "broken", total.Broken,
			"newly_broken", total.NewlyBroken, "soon", total.Soon)
	}
	return total, err
}

func (s *Shelf) check(ctx context.Context, row store.Certificate) store.CertificateCheck {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	now := s.Now()
	kept, err := subject(row)
	if err != nil {
		return store.CertificateCheck{At: now, Code: string(trust.Malformed)}
	}
	verdict := s.Judge.Judge(ctx, kept)
	check := store.CertificateCheck{At: now, Code: string(verdict.Code)}
	if verdict.Good {
		check.BreaksAt = kept.Certificate.NotAfter
	}
	return check
}

func (r *Rechecked) count(before, now store.CertificateCheck) {
	r.Certificates++
	switch {
	case now.Code != string(trust.OK):
		r.Broken++
		if before.Code == string(trust.OK) || before.Code == "" {
			r.NewlyBroken++
		}
	case now.BreaksAt.Before(now.At.Add(Warn)):
		r.Soon++
	}
}

// Subjects are the certificates in use, ready to be judged: whose revocation lists are worth fetching before they are needed.
func (s *Shelf) Subjects(ctx context.Context) ([]trust.Subject, error) {
	var list []trust.Subject
	err := s.each(ctx, false, func(row store.Certificate) error {
		if one, err := subject(row); err == nil {
			list = append(list, one)
		}
		return nil
	})
	return list, err
}
