package shelf

import (
	"bytes"
	"context"
	"crypto/x509"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

const (
	// keepHarvested certificates of one address: a roll-over leaves two, a person with two mail programs may alternate.
	keepHarvested = 4
	// maxIssuers that came along are kept with a certificate: a chain has two or three.
	maxIssuers = 4
	// maxBag certificates that came along are looked at: a stranger chose them, and each may cost a signature check.
	maxBag = 32
	// clockSkew is how far ahead the signer's clock may be. A signing time from the far future would make every later mail old.
	clockSkew = 5 * time.Minute
)

// SignedMail is a mail whose signature covers it and fits Signer, reduced to what can be learnt from it.
type SignedMail struct {
	From         string            // the only author's address, without a name
	Signer       *x509.Certificate //
	EncryptTo    *x509.Certificate // that the signer asks to be written to (RFC 8551 section 2.5.3); nil where not said
	Bag          []*x509.Certificate
	Capabilities []byte // SMIMECapabilities, DER, under the signature; nil where absent
	SignedAt     time.Time
}

// Learnt is what became of it.
type Learnt string

const (
	Kept    Learnt = "kept"    // in use from now on, or already
	Pending Learnt = "pending" // an administrator must decide
	Old     Learnt = "old"     // something newer is known
	Ignored Learnt = "ignored" // it proves nothing; Verdict says why
)

// Harvested is the result of Harvest.
type Harvested struct {
	Learnt      Learnt
	Certificate *x509.Certificate // nil where there was none to learn
	Verdict     trust.Verdict     // what decided: the signer's where that was refused, else the certificate's
}

// Harvest learns the sender's certificate from a signed mail: only from a signer and along a path that are accepted, and only
// what is newer than what is known. What only lacks somebody's decision (an unknown issuer, a certificate that does not say whose
// mailbox it is) waits for an administrator, and what one has decided about a certificate holds for it.
func (s *Shelf) Harvest(ctx context.Context, mail SignedMail) (Harvested, error) {
	key, writable := addressKey(mail.From)
	if !writable || mail.SignedAt.IsZero() || mail.SignedAt.After(s.Now().Add(clockSkew)) || mail.Signer == nil {
		return Harvested{Learnt: Ignored}, nil
	}
	mail.Bag = mail.Bag[:min(len(mail.Bag), maxBag)]
	mail.SignedAt = mail.SignedAt.Truncate(time.Second) // UTCTime has no more, and the same mail twice must not be newer
	said, err := s.decided(ctx, key)
	if err != nil {
		return Harvested{}, err
	}
	signer, pendingSigner := s.judge(ctx, said.of(trust.Subject{Certificate: mail.Signer, Address: mail.From, Signing: true, Issuers: mail.Bag}))
	if !signer.Good && !pendingSigner {
		return Harvested{Learnt: Ignored, Verdict: signer}, nil
	}
	certificate, verdict, pending := s.preferred(ctx, mail, said)
	if certificate == nil || !verdict.Good && !pending {
		return Harvested{Learnt: Ignored, Certificate: certificate, Verdict: verdict}, nil
	}
	result := Harvested{Learnt: Kept, Certificate: certificate, Verdict: verdict}
	if pendingSigner {
		result.Verdict = signer
	}
	if pending || pendingSigner {
		result.Learnt = Pending
		// A gateway's certificate, pinned for its domain, signs for everybody there.
		everybody, err := s.decided(ctx, "@"+domainOf(mail.From))
		if err != nil || everybody.has(certificate) {
			result.Learnt = Old
			return result, err
		}
	}
	return result, s.keep(ctx, key, mail, &result)
}

// keep stores the result, unless something newer is known.
func (s *Shelf) keep(ctx context.Context, key string, mail SignedMail, result *Harvested) error {
	newest, err := s.Store.NewestSigned(ctx, key)
	if err != nil {
		return unavailable(err)
	}
	if !mail.SignedAt.After(newest) {
		result.Learnt = Old
		return nil
	}
	row := store.Certificate{
		ID: uuid.Must(uuid.NewV7()).String(), Subject: key, Fingerprint: trust.Fingerprint(result.Certificate), DER: result.Certificate.Raw,
		Issuers: joined(authorities(result.Certificate, ahead(result.Verdict.Evidence.Path, mail.Bag))), SignedAt: mail.SignedAt,
	}
	if result.Learnt == Pending {
		row.Pending = string(result.Verdict.Code)
	} else {
		// RFC 8551 section 2.5.2 and 2.7.1: what an unproven signer says that they can open is not believed.
		row.Capabilities = mail.Capabilities
	}
	entry := audit.Entry{
		At: s.Now(), Actor: audit.Actor{Kind: "system", ID: "harvest"}, Action: audit.CertificateHarvested,
		Detail: map[string]string{"for": key, "certificate": row.Fingerprint, "pending": row.Pending},
	}
	if err := s.Store.PutHarvested(ctx, row, keepHarvested, entry); err != nil {
		return unavailable(err)
	}
	return nil
}

// preferred is the certificate to write to: the one that the signer asks for; else the signer's own; else another of the same
// name that encrypts (RFC 8551 section 2.5.3).
func (s *Shelf) preferred(ctx context.Context, mail SignedMail, said decisions) (*x509.Certificate, trust.Verdict, bool) {
	candidates := []*x509.Certificate{mail.EncryptTo}
	if mail.EncryptTo == nil {
		candidates = []*x509.Certificate{mail.Signer}
		for _, c := range mail.Bag {
			if bytes.Equal(c.RawSubject, mail.Signer.RawSubject) && !c.Equal(mail.Signer) && len(candidates) < keepHarvested {
				candidates = append(candidates, c)
			}
		}
	}
	var first trust.Verdict
	for i, c := range candidates {
		verdict, pending := s.judge(ctx, said.of(trust.Subject{Certificate: c, Address: mail.From, Issuers: mail.Bag}))
		if verdict.Good || pending {
			return c, verdict, pending
		}
		if i == 0 {
			first = verdict
		}
	}
	return candidates[0], first, false
}

// judge says whether an administrator's decision is all that is missing.
func (s *Shelf) judge(ctx context.Context, subject trust.Subject) (verdict trust.Verdict, pending bool) {
	verdict = s.Judge.Judge(ctx, subject)
	switch verdict.Code {
	case trust.UnknownIssuer:
		return verdict, true
	case trust.WrongAddress:
		// Danish organisation certificates name no address. One that names another is somebody else's.
		if trust.NamesAddress(subject.Certificate) {
			return verdict, false
		}
		subject.Bound = true
		switch bound := s.Judge.Judge(ctx, subject); bound.Code {
		case trust.OK:
			return verdict, true
		case trust.UnknownIssuer:
			return bound, true
		default:
			return bound, false
		}
	default:
		return verdict, false
	}
}
