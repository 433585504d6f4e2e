package shelf

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// ProfileName is the profile of authorities that administrators decided on.
const ProfileName = "approved"

// Authority is one of them.
type Authority struct {
	Certificate *x509.Certificate
	AddedAt     time.Time
}

// TrustAuthority lets an authority vouch for recipients' certificates. Those that waited for it are used from now on.
func (s *Shelf) TrustAuthority(ctx context.Context, actor Actor, file []byte) error {
	leaves, issuers, err := split(file)
	if err != nil || len(issuers) != 1 || len(leaves) > 0 {
		return badAuthority(err)
	}
	authority := issuers[0]
	if now := s.Now(); !authority.BasicConstraintsValid || now.After(authority.NotAfter) || authority.KeyUsage != 0 && authority.KeyUsage&x509.KeyUsageCertSign == 0 {
		return badAuthority(nil)
	}
	if err := s.mayTrust(authority); err != nil {
		return fault.New(fault.Invalid, "authority_refused", fault.Sentence{
			DA: "Udstederen må ikke godkendes her: den hører til et testmiljø, hvis certifikater ikke må bruges i drift, eller den følger med programmet og slås til i indstillingerne.",
			EN: "The authority must not be approved here: it belongs to a test environment, whose certificates must not be used in production, or it comes with the program and is turned on in the settings.",
		}, err)
	}
	print := trust.Fingerprint(authority)
	err = s.Store.PutAuthority(ctx, store.Authority{Fingerprint: print, DER: authority.Raw}, s.authorityEntry(actor, audit.AuthorityPut, print))
	if err != nil {
		return unavailable(err)
	}
	if err := s.Reload(ctx); err != nil {
		return err
	}
	return s.settle(ctx, actor)
}

func (s *Shelf) mayTrust(authority *x509.Certificate) error {
	if s.MayTrust == nil {
		return nil
	}
	return s.MayTrust(trust.Profile{Name: ProfileName, Roots: []*x509.Certificate{authority}})
}

// DistrustAuthority takes that back. Certificates that were approved by themselves are not touched.
func (s *Shelf) DistrustAuthority(ctx context.Context, actor Actor, fingerprint string) error {
	if err := s.Store.DeleteAuthority(ctx, fingerprint, s.authorityEntry(actor, audit.AuthorityDeleted, fingerprint)); err != nil {
		return found(err)
	}
	return s.Reload(ctx)
}

// Authorities lists those that administrators decided on.
func (s *Shelf) Authorities(ctx context.Context) ([]Authority, error) {
	rows, err := s.Store.Authorities(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	list := make([]Authority, len(rows))
	for i, row := range rows {
		c, err := x509.ParseCertificate(row.DER)
		if err != nil {
			return nil, err
		}
		list[i] = Authority{Certificate: c, AddedAt: row.AddedAt}
	}
	return list, nil
}

// Reload has the judge use what administrators have decided on by now, here or on another machine. Nothing changed: nothing is
// done, and what the judge remembers stays.
func (s *Shelf) Reload(ctx context.Context) error {
	s.mu.Lock() // reading too: who reads first must not have the last word
	defer s.mu.Unlock()
	list, err := s.Authorities(ctx)
	if err != nil {
		return err
	}
	var prints, refused []string
	// An authority that an administrator chose may be too small to publish a revocation list; that is shown and not refused.
	profile := trust.Profile{Name: ProfileName, WhenUnpublished: trust.Warn}
	for _, a := range list {
		print := trust.Fingerprint(a.Certificate)
		if s.mayTrust(a.Certificate) != nil { // decided about under other settings, such as those of the test environment
			refused = append(refused, print)
			continue
		}
		prints = append(prints, print)
		profile.Roots = append(profile.Roots, a.Certificate)
	}
	if slices.Equal(prints, s.trusted) && slices.Equal(refused, s.refused) {
		return nil
	}
	if len(refused) > 0 {
		s.Log.WarnContext(ctx, "authorities that were approved may not be trusted with these settings", "authorities", refused)
	}
	s.trusted, s.refused = prints, refused
	profiles := slices.Clone(s.Profiles)
	if len(profile.Roots) > 0 {
		profiles = append(profiles, profile)
	}
	s.Judge.Use(profiles...)
	return nil
}

// settleTime is how long those that waited may wait for revocation lists, together: an administrator's request is under way. After
// that they are judged by what is held.
const settleTime = 20 * time.Second

// settle takes into use what only waited for an authority.
func (s *Shelf) settle(ctx context.Context, actor Actor) error {
	patient, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	return s.each(ctx, true, func(row store.Certificate) error {
		if !s.settled(patient, row) {
			return nil // it waits on
		}
		err := s.Store.SettleCertificate(ctx, row.ID, s.entry(actor, audit.CertificateApproved, row, map[string]string{"trust": string(ItsAuthority), "pending": row.Pending}))
		if err != nil && !errors.Is(err, store.ErrNotFound) { // not there: somebody else has decided about it meanwhile
			return unavailable(err)
		}
		return nil
	})
}

// settled is whether nothing is in the way any more. Anybody can have a thousand wait whose issuers are said to lie at a server
// that never answers: nobody is asked about one that has no path yet.
func (s *Shelf) settled(ctx context.Context, row store.Certificate) bool {
	waiting, err := subject(row)
	return err == nil && s.Judge.Path(waiting) != nil && s.Judge.Judge(ctx, waiting).Good
}

func (s *Shelf) authorityEntry(actor Actor, action audit.Action, fingerprint string) audit.Entry {
	return audit.Entry{At: s.Now(), Actor: actor, Action: action, Detail: map[string]string{"authority": fingerprint}}
}

func badAuthority(cause error) error {
	say := fault.Sentence{
		DA: "Filen indeholder ikke netop én udsteder, der må udstede certifikater nu. Brug udstederens egen fil af typen .cer eller .pem.",
		EN: "The file does not hold exactly one authority that may issue certificates now. Use the authority's own file of type .cer or .pem.",
	}
	if errors.Is(cause, bundle.ErrTooLarge) {
		say = fault.Sentence{
			DA: "Filen er større, end vi tager imod. Læg udstederens certifikat ind alene.",
			EN: "The file is larger than we take. Add the authority's certificate alone.",
		}
	}
	f := fault.New(fault.Invalid, "authority_unusable", say, cause)
	f.Fields = []fault.Field{{Name: "certificate", Say: say}}
	return f
}
