package app

import (
	"context"
	"crypto/x509"
	"fmt"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// pinnedSource gives the certificates that an administrator bound to an address.
type pinnedSource struct{ store *store.Store }

func (pinnedSource) Name() string { return certs.SourcePinned }

func (p pinnedSource) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	asked := make(map[string][]string, len(addresses)) // by the form they are kept in
	keys := make([]string, 0, len(addresses))
	for _, a := range addresses {
		key := draft.Key(a)
		asked[key] = append(asked[key], a)
		keys = append(keys, key)
	}
	rows, err := p.store.Certificates(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := map[string][]certs.Candidate{}
	for _, row := range rows {
		c, err := x509.ParseCertificate(row.DER)
		if err != nil {
			return nil, fmt.Errorf("reading a stored certificate: %w", err)
		}
		for _, address := range asked[row.Address] {
			found[address] = append(found[address], certs.Candidate{Certificate: c, Source: certs.SourcePinned, Bound: true, Added: row.AddedAt})
		}
	}
	return found, nil
}

// ownSource gives the certificates of our own function mailboxes.
type ownSource struct{ mailboxes *mailbox.Registry }

func (ownSource) Name() string { return certs.SourceMailbox }

func (o ownSource) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	own, err := o.mailboxes.Own(ctx)
	if err != nil {
		return nil, err
	}
	byAddress := make(map[string]*x509.Certificate, len(own))
	for _, m := range own {
		byAddress[m.Address] = m.Certificate
	}
	found := map[string][]certs.Candidate{}
	for _, a := range addresses {
		if c := byAddress[mailbox.Canonical(a)]; c != nil {
			found[a] = []certs.Candidate{{Certificate: c, Source: certs.SourceMailbox, Bound: true}}
		}
	}
	return found, nil
}
