package shelf

import (
	"context"
	"crypto/x509"
	"errors"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// MaxPage is the longest page of a list.
const MaxPage = 500

// List gives one page, oldest first; after is the id of the last one of the page before.
func (s *Shelf) List(ctx context.Context, q store.CertificateQuery) ([]Entry, error) {
	if q.Limit < 1 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	if q.Subject != "" {
		key, err := parseFor(q.Subject)
		if err != nil {
			return nil, err
		}
		q.Subject = key
	}
	rows, err := s.Store.ListCertificates(ctx, q)
	if err != nil {
		return nil, unavailable(err)
	}
	list := make([]Entry, len(rows))
	for i, row := range rows {
		if list[i], err = shown(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// One gives a stored certificate by its id.
func (s *Shelf) One(ctx context.Context, id string) (Entry, error) {
	return shownOr(s.row(ctx, id))
}

// each goes through all that wait for a decision, or all that are in use, until do fails.
func (s *Shelf) each(ctx context.Context, pending bool, do func(row store.Certificate) error) error {
	for after := ""; ; {
		rows, err := s.Store.ListCertificates(ctx, store.CertificateQuery{Pending: &pending, After: after, Limit: MaxPage})
		if err != nil {
			return unavailable(err)
		}
		for _, row := range rows {
			after = row.ID
			if err := do(row); err != nil {
				return err
			}
		}
		if len(rows) < MaxPage {
			return nil
		}
	}
}

// Delete takes a certificate away; the recipient's others are then looked at as ever.
func (s *Shelf) Delete(ctx context.Context, actor Actor, id string) error {
	row, err := s.row(ctx, id)
	if err != nil {
		return err
	}
	return found(s.Store.DeleteCertificate(ctx, id, s.entry(actor, audit.CertificateDeleted, row, nil)))
}

// Trust is how far an approval goes.
type Trust string

const (
	ThisCertificate Trust = "certificate" // only this one, for this address
	ItsAuthority    Trust = "authority"   // and everything that the authority which issued it has issued, and will
)

// Approve takes a pending certificate into use. With ItsAuthority the authority that issued it is trusted from now on, and other
// certificates that waited for just that are used too.
//
// It is the issuer and nobody above: that its key made the certificate, which the administrator has compared with its owner, is
// proved. Who stands above came along with the mail, and anybody can certify anybody's key.
func (s *Shelf) Approve(ctx context.Context, actor Actor, id string, how Trust) (Entry, error) {
	row, err := s.row(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	if row.Pending == "" {
		return shown(row) // somebody else was faster
	}
	vouched := trust.Code(row.Pending) == trust.UnknownIssuer
	if how == ItsAuthority {
		issuers, err := x509.ParseCertificates(row.Issuers)
		if err != nil || len(issuers) == 0 {
			return Entry{}, fault.New(fault.Invalid, "authority_missing", fault.Sentence{
				DA: "Udstederens eget certifikat fulgte ikke med mailen. Få det fra udstederen, og læg det ind som udsteder, eller godkend kun dette certifikat.",
				EN: "The issuer's own certificate did not come with the mail. Get it from the issuer and add it as an authority, or approve this certificate alone.",
			}, err)
		}
		if err := s.TrustAuthority(ctx, actor, issuers[0].Raw); err != nil {
			return Entry{}, err
		}
		vouched = false
		// That may have been all it waited for.
		if row, err = s.row(ctx, id); err != nil || row.Pending == "" {
			return shownOr(row, err)
		}
	}
	err = s.Store.ApproveCertificate(ctx, id, vouched, s.entry(actor, audit.CertificateApproved, row, map[string]string{"trust": string(how), "pending": row.Pending}))
	if err != nil && !errors.Is(err, store.ErrNotFound) { // not there: somebody else has decided meanwhile, and what is there is shown
		return Entry{}, unavailable(err)
	}
	return shownOr(s.row(ctx, id))
}

func shownOr(row store.Certificate, err error) (Entry, error) {
	if err != nil {
		return Entry{}, err
	}
	return shown(row)
}

func (s *Shelf) row(ctx context.Context, id string) (store.Certificate, error) {
	row, err := s.Store.CertificateByID(ctx, id)
	return row, found(err)
}

// found is nil for nil.
func found(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.NotFound, "no_such_certificate", fault.Sentence{
			DA: "Det certifikat findes ikke her; måske er det fjernet. Hent listen igen.",
			EN: "There is no such certificate here; it may have been removed. Fetch the list again.",
		}, err)
	}
	return unavailable(err)
}
