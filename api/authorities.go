package api

import (
	"context"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/sending"
)

// ListAuthorities lists those that administrators decided on.
func (s *server) ListAuthorities(ctx context.Context, _ contract.ListAuthoritiesRequestObject) (contract.ListAuthoritiesResponseObject, error) {
	if _, err := administrator(ctx); err != nil {
		return nil, err
	}
	list, err := s.Certificates.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	answer := contract.ListAuthorities200JSONResponse{Authorities: []contract.Authority{}}
	for _, a := range list {
		c := sending.Describe(certs.Candidate{Certificate: a.Certificate})
		answer.Authorities = append(answer.Authorities, contract.Authority{Sha256: c.SHA256, Subject: c.Subject, ValidTo: c.ValidTo, AddedAt: a.AddedAt})
	}
	return answer, nil
}

// TrustAuthority lets one vouch for recipients' certificates.
func (s *server) TrustAuthority(ctx context.Context, r contract.TrustAuthorityRequestObject) (contract.TrustAuthorityResponseObject, error) {
	actor, err := administrator(ctx)
	if err != nil {
		return nil, err
	}
	return contract.TrustAuthority204Response{}, s.Certificates.TrustAuthority(ctx, actor, r.Body.Certificate)
}

// DistrustAuthority takes that back.
func (s *server) DistrustAuthority(ctx context.Context, r contract.DistrustAuthorityRequestObject) (contract.DistrustAuthorityResponseObject, error) {
	actor, err := administrator(ctx)
	if err != nil {
		return nil, err
	}
	return contract.DistrustAuthority204Response{}, s.Certificates.DistrustAuthority(ctx, actor, r.Sha256)
}
