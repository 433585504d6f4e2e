package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Certificate is a recipient's certificate that is bound to an address.
type Certificate struct {
	Address     string
	Fingerprint string
	DER         []byte
	Source      string
	AddedAt     time.Time
}

// PutCertificate binds a certificate to an address; doing it twice is the same.
func (s *Store) PutCertificate(ctx context.Context, c Certificate, entry audit.Entry) error {
	_, err := s.change(ctx, entry, `INSERT INTO certificate (address, fingerprint, der, source, added_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		c.Address, c.Fingerprint, c.DER, c.Source, toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing a certificate: %w", err)
	}
	return nil
}

// Certificates reads what is bound to any of the addresses.
func (s *Store) Certificates(ctx context.Context, addresses []string) ([]Certificate, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	args := make([]any, len(addresses))
	for i, a := range addresses {
		args[i] = a
	}
	//nolint:gosec // only question marks are joined
	rows, err := s.db.QueryContext(ctx, `SELECT address, fingerprint, der, source, added_at FROM certificate WHERE address IN (`+
		strings.TrimSuffix(strings.Repeat("?, ", len(addresses)), ", ")+`) ORDER BY address, fingerprint`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading certificates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Certificate
	for rows.Next() {
		var c Certificate
		var added int64
		if err := rows.Scan(&c.Address, &c.Fingerprint, &c.DER, &c.Source, &added); err != nil {
			return nil, fmt.Errorf("reading certificates: %w", err)
		}
		c.AddedAt = fromMillis(added)
		list = append(list, c)
	}
	return list, rows.Err()
}
