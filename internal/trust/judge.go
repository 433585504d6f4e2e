package trust

import (
	"context"
	"crypto/x509"
	"slices"
	"time"
)

// expiryMargin is how long before the end a good certificate is warned about: renewing an OCES3 certificate goes through
// an order and an approval, and takes an organisation weeks.
const expiryMargin = 30 * 24 * time.Hour

// Deps is what a Judge needs.
type Deps struct {
	Profiles   []Profile
	Revocation RevocationSource
	Now        func() time.Time
}

// Judge judges certificates. It is safe for concurrent use.
type Judge struct {
	profiles   []anchored
	revocation RevocationSource
	now        func() time.Time
}

// NewJudge anchors the profiles. Without any, every certificate has an unknown issuer.
func NewJudge(deps Deps) *Judge {
	judge := &Judge{revocation: deps.Revocation, now: deps.Now}
	for _, profile := range deps.Profiles {
		judge.profiles = append(judge.profiles, anchor(profile))
	}
	return judge
}

// Judge says whether certificate may be used to seal mail for address now. bound is that an administrator tied this
// certificate to the address or to its domain; then the address need not be inside, as RFC 8550 section 3 allows and
// most OCES3 certificates need. ctx limits the wait for revocation lists only.
func (j *Judge) Judge(ctx context.Context, certificate *x509.Certificate, address string, bound bool) Verdict {
	now := j.now()
	evidence := Evidence{CheckedAt: now}
	if certificate == nil || len(certificate.Raw) == 0 {
		return verdict(Malformed, now, evidence)
	}
	certificate = withMailboxesHandled(certificate)
	if code, day := judgeItself(certificate, address, bound, now); code != OK {
		return verdict(code, day, evidence)
	}

	bad := verdict(UnknownIssuer, now, evidence)
	for _, profile := range j.profiles {
		paths, code := profile.paths(certificate, now)
		if code != OK && bad.Code == UnknownIssuer {
			bad = verdict(code, now, evidence) // what one profile knows says more than that the others know nothing
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
func judgeItself(certificate *x509.Certificate, address string, bound bool, now time.Time) (code Code, day time.Time) {
	if len(certificate.UnhandledCriticalExtensions) > 0 {
		return Unsupported, now // RFC 5280 section 4.2: MUST reject
	}
	if code := judgeKey(certificate); code != OK {
		return code, now
	}
	if code := judgeUsage(certificate); code != OK {
		return code, now
	}
	if !bound && !isFor(certificate, address) {
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
	good.Warnings = warnings
	if end := path[0].NotAfter; end.Sub(now) < expiryMargin {
		good.Warnings = append(good.Warnings, Warning{Code: ExpiresSoon, Say: ExpiresSoon.Say(end)})
	}
	return good
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
