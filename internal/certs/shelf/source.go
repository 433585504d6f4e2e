package shelf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/store"
)

// source gives the certificates of one origin.
type source struct {
	store  Store
	name   string
	domain bool // a whole domain's count too
}

// Pinned gives the certificates that an administrator tied to an address or to its domain.
func (s *Shelf) Pinned() certs.Source {
	return source{store: s.Store, name: certs.SourcePinned, domain: true}
}

// Harvested gives the certificates that were learnt from signed mail and are in use.
func (s *Shelf) Harvested() certs.Source {
	return source{store: s.Store, name: certs.SourceHarvested}
}

func (s source) Name() string { return s.name }

// Find is one question to the database, however many addresses.
func (s source) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	asked := make(map[string][]string, len(addresses)) // addresses by the subject that they are kept under
	for _, address := range addresses {
		key := subjectOf(address)
		asked[key] = append(asked[key], address)
		if s.domain && strings.Contains(key, "@") {
			whole := "@" + domainOf(address)
			asked[whole] = append(asked[whole], address)
		}
	}
	subjects := make([]string, 0, len(asked))
	for key := range asked {
		subjects = append(subjects, key)
	}
	rows, err := s.store.Certificates(ctx, s.name, subjects)
	if err != nil {
		return nil, unavailable(errors.Join(certs.ErrStore, err))
	}
	found := map[string][]certs.Candidate{}
	for _, row := range rows {
		candidate, err := candidateOf(row)
		if err != nil {
			return nil, err
		}
		for _, address := range asked[row.Subject] {
			found[address] = append(found[address], candidate)
		}
	}
	return found, nil
}

func candidateOf(row store.Certificate) (certs.Candidate, error) {
	kept, err := subject(row)
	if err != nil {
		return certs.Candidate{}, fmt.Errorf("reading a stored certificate: %w", err)
	}
	return certs.Candidate{
		Certificate: kept.Certificate, Source: row.Source, Bound: row.Bound, Vouched: row.Vouched, Domain: strings.HasPrefix(row.Subject, "@"),
		Issuers: kept.Issuers, Capabilities: row.Capabilities, Added: row.AddedAt,
	}, nil
}
