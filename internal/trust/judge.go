package trust

import (
	"context"
	"crypto/x509"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// expiryMargin is how long before the end a good certificate is warned about: renewing an OCES3 certificate goes through
// an order and an approval, and takes an organisation weeks.
const expiryMargin = 30 * 24 * time.Hour

// Deps is what a Judge needs.
type Deps struct {
	Profiles   []Profile
	Revocation RevocationSource
	Issuers    IssuerSource // nil: issuers that are missing stay missing
	Now        func() time.Time
	Log        *slog.Logger // nil: not logged
}

// Judge judges certificates. It is safe for concurrent use.
type Judge struct {
	profiles   atomic.Pointer[[]anchored]
	revocation RevocationSource
	issuers    IssuerSource
	now        func() time.Time
	log        *slog.Logger
}

// NewJudge anchors the profiles. Without any, every certificate has an unknown issuer.
func NewJudge(deps Deps) *Judge {
	judge := &Judge{revocation: deps.Revocation, issuers: deps.Issuers, now: deps.Now, log: deps.Log}
	if judge.log == nil {
		judge.log = slog.New(slog.DiscardHandler)
	}
	judge.Use(deps.Profiles...)
	return judge
}

// Use anchors these profiles in the place of those before: an administrator has decided about an authority. Judgements under
// way end with the profiles that they began with.
func (j *Judge) Use(profiles ...Profile) {
	var list []anchored
	for _, profile := range profiles {
		list = append(list, anchor(profile))
	}
	j.profiles.Store(&list)
}

// Profiles are those that judge now.
func (j *Judge) Profiles() []Profile {
	var list []Profile
	for _, one := range *j.profiles.Load() {
		list = append(list, one.Profile)
	}
	return list
}

// Judge says whether the certificate may be used now to seal mail for the address, or to prove mail from it. ctx limits the wait
// for revocation answers and issuers only.
func (j *Judge) Judge(ctx context.Context, subject Subject) Verdict {
	now := j.now()
	evidence := Evidence{CheckedAt: now}
	if subject.Certificate == nil || len(subject.Certificate.Raw) == 0 {
		return verdict(Malformed, now, evidence)
	}
	certificate := withMailboxesHandled(subject.Certificate)
	if code, day := judgeItself(certificate, subject, now); code != OK {
		return verdict(code, day, evidence)
	}
	got := j.judgePaths(ctx, certificate, subject, now)
	if subject.Vouched && !got.Good && vouchable(got.Code) {
		evidence.Path = []string{Fingerprint(certificate)}
		good := verdict(OK, now, evidence)
		good.Warnings = append([]Warning{{Code: Vouched, Say: Vouched.Say(now)}}, expiry(certificate, now)...)
		return good
	}
	return got
}

// Path is the shortest way from the certificate to a root that may vouch for it, the certificate first; nil where there is none.
// Nobody is asked about revocation, and nothing is fetched.
func (j *Judge) Path(subject Subject) []*x509.Certificate {
	certificate := withMailboxesHandled(subject.Certificate)
	for _, profile := range *j.profiles.Load() {
		if subject.Profiles != nil && !slices.Contains(subject.Profiles, profile.Name) {
			continue
		}
		if paths, code := profile.paths(certificate, subject.Issuers[:min(len(subject.Issuers), maxSuggested)], j.now()); code == OK {
			return paths[0]
		}
	}
	return nil
}

// judgeWith judges by the profiles that may vouch for the source, with issuers that came from elsewhere beside their own.
func (j *Judge) judgeWith(ctx context.Context, certificate *x509.Certificate, subject Subject, issuers []*x509.Certificate, now time.Time) Verdict {
	evidence := Evidence{CheckedAt: now}
	bad := verdict(UnknownIssuer, now, evidence)
	for _, profile := range *j.profiles.Load() {
		paths, code := profile.paths(certificate, issuers, now)
		if code == OK && subject.Profiles != nil && !slices.Contains(subject.Profiles, profile.Name) {
			code = WrongProfile
		}
		if code == OK {
			code = profile.asks(certificate)
		}
		if code != OK {
			if bad.Code == UnknownIssuer {
				bad = verdict(code, now, evidence) // what one profile knows says more than that the others know nothing
			}
			if subject.Vouched {
				switch got := j.takenBack(ctx, profile.Profile, paths, now); got.Code {
				case Revoked:
					return got
				case RevocationUnknown:
					bad = got
				default:
				}
			}
			continue
		}
		for _, path := range paths {
			got := j.judgePath(ctx, profile.Profile, path, now)
			// A revoked leaf is revoked whichever way one comes to it. A revoked authority closes only the paths through it.
			if got.Good || revokedLeaf(got) {
				return got
			}
			if bad.Code != Revoked {
				bad = got
			}
		}
	}
	return bad
}

// judgeItself is everything that can be read off the certificate alone. day is the one that the code's sentence names.
func judgeItself(certificate *x509.Certificate, subject Subject, now time.Time) (code Code, day time.Time) {
	if len(certificate.UnhandledCriticalExtensions) > 0 {
		return Unsupported, now // RFC 5280 section 4.2: MUST reject
	}
	if code := judgeKey(certificate, subject.Signing); code != OK {
		return code, now
	}
	if code := judgeUsage(certificate, subject.Signing); code != OK {
		return code, now
	}
	if !subject.Bound && !isFor(certificate, subject.Address) {
		return WrongAddress, now
	}
	if now.Before(certificate.NotBefore) {
		return NotYetValid, certificate.NotBefore
	}
	if now.After(certificate.NotAfter) {
		return Expired, certificate.NotAfter
	}
	if !strongSignature(certificate.SignatureAlgorithm) {
		return WeakSignature, now
	}
	return OK, now
}

// judgePath asks about every certificate below the root: a revoked authority takes all that it issued with it.
func (j *Judge) judgePath(ctx context.Context, profile Profile, path []*x509.Certificate, now time.Time) Verdict {
	evidence := Evidence{CheckedAt: now, Profile: profile.Name}
	for _, certificate := range path {
		evidence.Path = append(evidence.Path, Fingerprint(certificate))
	}
	var warnings []Warning
	unsure := OK
	for i, certificate := range path[:len(path)-1] {
		answer := j.revocation.Check(ctx, certificate, path[i+1])
		answer.Certificate = evidence.Path[i]
		evidence.Revocations = append(evidence.Revocations, answer)

		code, policy := OK, Warn
		switch answer.Status {
		case StatusGood:
		case StatusRevoked:
			return verdict(Revoked, now, evidence) // a hard stop; nothing that could not be learnt softens it
		case StatusUnpublished:
			code, policy = RevocationUnpublished, profile.WhenUnpublished
		default:
			code, policy = RevocationUnknown, profile.WhenUnknown
			if policy == Stop && !answer.LapsedAt.IsZero() && now.Before(answer.LapsedAt.Add(profile.Grace)) {
				code, policy = RevocationGrace, Warn
				j.log.WarnContext(ctx, "a certificate is used though its revocation list is out of date", "profile", profile.Name,
					"certificate", answer.Certificate, "out_of_date_since", answer.LapsedAt, "until", answer.LapsedAt.Add(profile.Grace))
			}
		}
		if policy != Warn {
			unsure = code // go on: another certificate of the path may be known to be revoked
		} else if code != OK && !slices.ContainsFunc(warnings, func(w Warning) bool { return w.Code == code }) {
			warnings = append(warnings, Warning{Code: code, Say: code.Say(now)})
		}
	}
	if unsure != OK {
		return verdict(unsure, now, evidence)
	}
	good := verdict(OK, now, evidence)
	good.Warnings = slices.Concat(warnings, expiry(path[0], now))
	return good
}

// expiry warns of a certificate that ends soon.
func expiry(certificate *x509.Certificate, now time.Time) []Warning {
	if end := certificate.NotAfter; end.Sub(now) < expiryMargin {
		return []Warning{{Code: ExpiresSoon, Say: ExpiresSoon.Say(end)}}
	}
	return nil
}

func verdict(code Code, day time.Time, evidence Evidence) Verdict {
	return Verdict{Code: code, Good: code == OK, Say: code.Say(day), Evidence: evidence}
}

func revokedLeaf(v Verdict) bool {
	return v.Code == Revoked && len(v.Evidence.Revocations) == 1
}

// withMailboxesHandled tells crypto/x509 that a critical subjectAltName holding only an SmtpUTF8Mailbox is understood:
// we read it ourselves, and RFC 5280 section 4.1.2.6 wants it critical where the subject is empty.
func withMailboxesHandled(certificate *x509.Certificate) *x509.Certificate {
	if len(certificate.UnhandledCriticalExtensions) == 0 || len(internationalMailboxes(certificate)) == 0 {
		return certificate
	}
	handled := *certificate
	handled.UnhandledCriticalExtensions = nil
	for _, id := range certificate.UnhandledCriticalExtensions {
		if !id.Equal(oidSubjectAltName) {
			handled.UnhandledCriticalExtensions = append(handled.UnhandledCriticalExtensions, id)
		}
	}
	return &handled
}
