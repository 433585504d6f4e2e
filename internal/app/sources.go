package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// ownSource gives the certificates of our own function mailboxes: one of them may write to another.
type ownSource struct{ store *store.Store }

func (ownSource) Name() string { return certs.SourceMailbox }

func (o ownSource) Find(ctx context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	canonical := make([]string, len(addresses))
	for i, a := range addresses {
		canonical[i] = mailbox.Canonical(a)
	}
	own, err := o.store.MailboxCertificates(ctx, canonical)
	if err != nil {
		return nil, errors.Join(certs.ErrStore, err)
	}
	found := map[string][]certs.Candidate{}
	for i, a := range addresses {
		der, is := own[canonical[i]]
		if !is {
			continue
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading a mailbox's certificate: %w", err)
		}
		found[a] = []certs.Candidate{{Certificate: c, Source: certs.SourceMailbox, Bound: true}}
	}
	return found, nil
}
