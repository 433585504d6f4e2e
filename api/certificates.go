package api

import (
	"context"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// certificatePage is the contract's default.
const certificatePage = 100

// administrator lets pass who has the app role, and gives the name for the audit.
func administrator(ctx context.Context) (audit.Actor, error) {
	caller := callerOf(ctx)
	if !caller.Administrator {
		return audit.Actor{}, fault.New(fault.Forbidden, "not_administrator", fault.Sentence{
			DA: "Det kræver rollen som administrator af Send sikker. Bed jeres it-afdeling om den, hvis du skal have den.",
			EN: "That takes the role of an administrator of Send sikker. Ask your IT department for it if you should have it.",
		}, nil)
	}
	return actorOf(caller), nil
}

// ListCertificates lists what is kept, for administrators.
func (s *server) ListCertificates(ctx context.Context, r contract.ListCertificatesRequestObject) (contract.ListCertificatesResponseObject, error) {
	if _, err := administrator(ctx); err != nil {
		return nil, err
	}
	q := store.CertificateQuery{Limit: certificatePage}
	if r.Params.Limit != nil {
		q.Limit = *r.Params.Limit
	}
	if r.Params.After != nil {
		q.After = r.Params.After.String()
	}
	if r.Params.For != nil {
		q.Subject = *r.Params.For
	}
	if r.Params.State != nil {
		pending := *r.Params.State == contract.ListCertificatesParamsStatePending
		q.Pending = &pending
		if *r.Params.State == contract.ListCertificatesParamsStateBreaking {
			q.BreaksBefore = s.Now().Add(shelf.Warn)
		}
	}
	list, err := s.Certificates.List(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := contract.ListCertificates200JSONResponse{Certificates: []contract.StoredCertificate{}}
	for _, entry := range list {
		answer.Certificates = append(answer.Certificates, stored(entry))
	}
	if len(list) == q.Limit {
		answer.Next = &answer.Certificates[q.Limit-1].Id
	}
	return answer, nil
}

// PinCertificate ties a certificate to an address or a domain.
func (s *server) PinCertificate(ctx context.Context, r contract.PinCertificateRequestObject) (contract.PinCertificateResponseObject, error) {
	actor, err := administrator(ctx)
	if err != nil {
		return nil, err
	}
	entry, verdict, err := s.Certificates.Pin(ctx, actor, shelf.Pinning{
		For: r.Body.For, File: r.Body.Certificate, Vouch: r.Body.Vouch != nil && *r.Body.Vouch,
	})
	if err != nil {
		return nil, err
	}
	answer, judged := stored(entry), judgement(verdict)
	answer.Verdict = &judged
	location := "/v1/certificates/" + entry.ID
	return contract.PinCertificate201JSONResponse{Body: answer, Headers: contract.PinCertificate201ResponseHeaders{Location: &location}}, nil
}

// DeleteCertificate takes one away.
func (s *server) DeleteCertificate(ctx context.Context, r contract.DeleteCertificateRequestObject) (contract.DeleteCertificateResponseObject, error) {
	actor, err := administrator(ctx)
	if err != nil {
		return nil, err
	}
	return contract.DeleteCertificate204Response{}, s.Certificates.Delete(ctx, actor, r.Id.String())
}

// ApproveCertificate takes a pending one into use.
func (s *server) ApproveCertificate(ctx context.Context, r contract.ApproveCertificateRequestObject) (contract.ApproveCertificateResponseObject, error) {
	actor, err := administrator(ctx)
	if err != nil {
		return nil, err
	}
	entry, err := s.Certificates.Approve(ctx, actor, r.Id.String(), shelf.Trust(r.Body.Trust))
	if err != nil {
		return nil, err
	}
	return contract.ApproveCertificate200JSONResponse(stored(entry)), nil
}

func stored(e shelf.Entry) contract.StoredCertificate {
	out := contract.StoredCertificate{
		Id: uuid.MustParse(e.ID), For: e.For, Certificate: *certificate(sending.Describe(certs.Candidate{Certificate: e.Certificate, Source: e.Source})),
		ValidFrom: e.Certificate.NotBefore.UTC(), State: contract.StoredCertificateStateUsed, Vouched: e.Vouched, AddedAt: e.Stored.AddedAt,
		SignedAt: when(e.Stored.SignedAt), Capabilities: capabilities(e.Capabilities),
	}
	if e.Pending != "" {
		out.State, out.Pending = contract.StoredCertificateStatePending, optional(string(e.Pending))
	}
	if check := e.Stored.Check; !check.At.IsZero() {
		code := trust.Code(check.Code)
		day := check.BreaksAt
		if code != trust.OK {
			day = e.Certificate.NotAfter
		}
		if code == trust.NotYetValid {
			day = e.Certificate.NotBefore
		}
		out.Check = &contract.CertificateCheck{At: check.At, BreaksAt: when(check.BreaksAt), Code: check.Code, Say: say(code.Say(day))}
	}
	return out
}
