package app

import (
	"context"
	"crypto/x509"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/mailbox"
)

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
