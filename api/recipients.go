package api

import (
	"context"
	"time"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/trust"
)

// GetRecipient tells what is known of one recipient, for those who may send at all.
func (s *server) GetRecipient(ctx context.Context, r contract.GetRecipientRequestObject) (contract.GetRecipientResponseObject, error) {
	if err := s.maySend(ctx); err != nil {
		return nil, err
	}
	known, err := s.Sending.Recipient(ctx, r.Address)
	if err != nil {
		return nil, err
	}
	return contract.GetRecipient200JSONResponse(recipient(known)), nil
}

// maySend lets pass who may send as some mailbox, and administrators: an outsider with a token has no business asking which
// certificates people have.
func (s *server) maySend(ctx context.Context) error {
	caller := callerOf(ctx)
	if caller.Administrator {
		return nil
	}
	usable, err := s.Mailboxes.Usable(ctx, caller)
	if err != nil {
		return err
	}
	if len(usable) > 0 {
		return nil
	}
	return fault.New(fault.Forbidden, "no_mailbox_granted", fault.Sentence{
		DA: "Du har ikke adgang til at sende fra nogen funktionspostkasse. Bed postkassens lokale administrator om adgang.",
		EN: "You may not send as any function mailbox. Ask the mailbox's local administrator for access.",
	}, nil)
}

func recipient(known sending.Known) contract.Recipient {
	e := known.Explanation
	out := contract.Recipient{
		Address: e.Address, Route: contract.Route(known.Verdict.Route), Code: known.Verdict.Code, Say: say(known.Verdict.Say),
		Certificates: []contract.RecipientCertificate{}, Sources: []contract.AskedSource{},
	}
	add := func(use contract.RecipientCertificateUse, candidate certs.Candidate, v trust.Verdict) {
		out.Certificates = append(out.Certificates, contract.RecipientCertificate{
			Certificate: *certificate(sending.Describe(candidate)), ValidFrom: candidate.Certificate.NotBefore.UTC(), FoundAt: candidate.Added.UTC(),
			Bound: candidate.Bound, Vouched: candidate.Vouched, Use: use, Capabilities: capabilities(candidate.Capabilities), Verdict: judgement(v),
		})
	}
	for _, judged := range e.Rejected {
		add(contract.RecipientCertificateUseRejected, judged.Candidate, judged.Verdict)
	}
	if e.Chosen != nil {
		why := say(e.Why)
		out.Why = &why
		add(contract.RecipientCertificateUseChosen, *e.Chosen, e.Verdict)
	}
	for _, judged := range e.Others {
		use := contract.RecipientCertificateUseUnused
		switch {
		case e.Also != nil && e.Also.Candidate.Certificate.Equal(judged.Candidate.Certificate):
			use = contract.RecipientCertificateUseAlso
		case !judged.Verdict.Good:
			use = contract.RecipientCertificateUseRejected
		}
		add(use, judged.Candidate, judged.Verdict)
	}
	for _, asked := range e.Sources {
		out.Sources = append(out.Sources, contract.AskedSource{At: asked.At.UTC(), Found: asked.Found, Name: asked.Source, Silent: asked.Silent})
	}
	return out
}

// capabilities are named for people.
func capabilities(der []byte) []string {
	names := []string{}
	for _, one := range smime.ReadCapabilities(der) {
		names = append(names, one.String())
	}
	return names
}

func judgement(v trust.Verdict) contract.Verdict {
	out := contract.Verdict{
		Code: string(v.Code), Usable: v.Good, Say: say(v.Say), Profile: v.Evidence.Profile, Path: append([]string{}, v.Evidence.Path...),
		CheckedAt: v.Evidence.CheckedAt.UTC(), Warnings: []contract.Warning{}, Revocations: []contract.Revocation{},
	}
	for _, w := range v.Warnings {
		out.Warnings = append(out.Warnings, contract.Warning{Code: string(w.Code), Say: say(w.Say)})
	}
	for _, r := range v.Evidence.Revocations {
		line := contract.Revocation{
			Status: contract.RevocationStatus(r.Status), Source: r.Source, Number: optional(r.Number),
			ThisUpdate: when(r.ThisUpdate), NextUpdate: when(r.NextUpdate), RevokedAt: when(r.RevokedAt),
		}
		if r.Status == trust.StatusUnknown {
			line.Status = contract.RevocationStatusUnknown
		}
		out.Revocations = append(out.Revocations, line)
	}
	return out
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
