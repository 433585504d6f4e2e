package trust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"
)

// Profile is one world of authorities: OCES3 production, OCES3 test, public S/MIME roots. They are kept apart because
// the Danish test authorities bear the names of the real ones: a test root must never stand beside a production root.
type Profile struct {
	Name          string
	Roots         []*x509.Certificate
	Intermediates []*x509.Certificate

	// Policies, where there are any: the certificate must be issued under one of them, or under one that begins with it, as
	// both 1.2.208.169.1.1.1.3.7 and ….7.1 are OCES3 organisation certificates.
	Policies []x509.OID
	// MailOnly: extended key usage must be there and say emailProtection, as CA/Browser Forum's S/MIME baseline requirements
	// (section 7.1.2.3) have it. Without, absence is any purpose: OCES3 certificates have none.
	MailOnly bool

	// Grace is how long after the last good answer went out of date WhenUnknown does not stop yet. It is used with a warning,
	// and logged. Zero is none.
	Grace time.Duration
	// WhenUnknown: a revocation list is published but cannot be had. Stop unless an administrator has decided otherwise.
	WhenUnknown Policy
	// WhenUnpublished: the certificate names no revocation list. The zero value stops here too: an authority that can
	// take nothing back leaves a stolen key good until it expires, and OCES3 certificates always name a list, so one
	// that does not is no ordinary certificate. A small authority that an administrator added may be let through.
	WhenUnpublished Policy
}

// Policy is what a profile does with what it cannot know.
type Policy int

const (
	Stop Policy = iota
	Warn        // use the certificate, and say so in Verdict.Warnings
)

// maxPaths is how many paths of one certificate are asked about: cross-signed authorities make two or three.
const maxPaths = 4

// anchored is a profile ready for use.
type anchored struct {
	Profile
	roots         *x509.CertPool
	intermediates *x509.CertPool
	known         *memo
}

func anchor(profile Profile) anchored {
	return anchored{
		Profile: profile, roots: poolOf(profile.Roots), intermediates: poolOf(profile.Intermediates),
		known: &memo{paths: map[search][][]*x509.Certificate{}},
	}
}

// paths finds the ways from certificate to a root, shortest first, or the code that says best why there is none. more are
// issuers beside the profile's own.
func (p anchored) paths(certificate *x509.Certificate, more []*x509.Certificate, now time.Time) ([][]*x509.Certificate, Code) {
	of := searchOf(certificate, more)
	if paths, known := p.known.get(of, now); known {
		return paths, OK
	}
	intermediates := p.intermediates
	if len(more) > 0 {
		intermediates = intermediates.Clone()
		for _, issuer := range more {
			if !costly(issuer) {
				intermediates.AddCert(issuer)
			}
		}
	}
	// Extended key usage is left to judgeUsage and to the loop below: crypto/x509 would take a leaf that has none, as
	// all OCES3 ones, for any purpose, and says nothing else when it refuses.
	found, err := certificate.Verify(x509.VerifyOptions{
		Roots: p.roots, Intermediates: intermediates, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, p.why(certificate, err)
	}
	var kept [][]*x509.Certificate
	for _, path := range found {
		// A path of one is a certificate that somebody put among the roots: a root is there to issue, not to receive.
		if len(path) >= 2 && !slices.ContainsFunc(path[:len(path)-1], func(c *x509.Certificate) bool { return !forMail(c) || weak(c) }) && !unmeasured(path) {
			kept = append(kept, path)
		}
	}
	if len(kept) == 0 {
		return nil, BadPath
	}
	slices.SortStableFunc(kept, func(a, b []*x509.Certificate) int { return len(a) - len(b) })
	kept = kept[:min(len(kept), maxPaths)]
	p.known.put(of, kept)
	return kept, OK
}

// unmeasured is whether the certificate has an address that crypto/x509 did not hold against the domains of an authority
// which may issue for some domains only. It looks at rfc822Name alone; isFor reads two more places, and the constraint
// is on these too (RFC 5280 section 4.2.1.10 for the subject, RFC 9598 section 6 for SmtpUTF8Mailbox).
func unmeasured(path []*x509.Certificate) bool {
	leaf := path[0]
	bounded := slices.ContainsFunc(path[1:], func(c *x509.Certificate) bool {
		return len(c.PermittedEmailAddresses)+len(c.ExcludedEmailAddresses) > 0
	})
	return bounded && slices.ContainsFunc(append(subjectAddresses(leaf), internationalMailboxes(leaf)...), func(address string) bool {
		return !slices.Contains(leaf.EmailAddresses, address)
	})
}

// why finds the reason that crypto/x509 keeps to itself: it calls nearly everything an unknown authority.
func (p anchored) why(certificate *x509.Certificate, err error) Code {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return IssuerExpired // the certificate's own time has been judged before
		}
		return BadPath
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return BadPath
	}
	for _, issuer := range slices.Concat(p.Intermediates, p.Roots) {
		if !bytes.Equal(issuer.RawSubject, certificate.RawIssuer) || !sameKeyID(issuer, certificate) {
			continue
		}
		if !strongSignature(issuer.SignatureAlgorithm) && !bytes.Equal(issuer.RawSubject, issuer.RawIssuer) {
			return WeakSignature
		}
		if err := certificate.CheckSignatureFrom(issuer); err != nil {
			if _, ok := errors.AsType[x509.ConstraintViolationError](err); ok {
				return BadPath // the issuer is no authority: its signature was not even looked at
			}
			return Forged
		}
	}
	return UnknownIssuer
}

// asks is what the profile wants of the certificate itself.
func (p anchored) asks(certificate *x509.Certificate) Code {
	if p.MailOnly && !slices.Contains(certificate.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) {
		return WrongUsage
	}
	if len(p.Policies) > 0 && !slices.ContainsFunc(certificate.Policies, func(have x509.OID) bool {
		return slices.ContainsFunc(p.Policies, func(want x509.OID) bool { return under(have, want) })
	}) {
		return WrongPolicy
	}
	return OK
}

// under is whether have is want or stands below it.
func under(have, want x509.OID) bool {
	return have.Equal(want) || strings.HasPrefix(have.String(), want.String()+".")
}

// sameKeyID keeps "forged" for certificates that name this very key: a new authority under an old name, as the Danish
// test authorities have, is unknown and not forged.
func sameKeyID(issuer, certificate *x509.Certificate) bool {
	return len(certificate.AuthorityKeyId) > 0 && bytes.Equal(issuer.SubjectKeyId, certificate.AuthorityKeyId)
}

func poolOf(certificates []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool
}
