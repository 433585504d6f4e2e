package store

import (
	"context"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Authority is a certificate of an authority that an administrator has decided to trust.
type Authority struct {
	Fingerprint string
	DER         []byte
	AddedAt     time.Time
}

// PutAuthority stores one; doing it twice is the same.
func (s *Store) PutAuthority(ctx context.Context, a Authority, entry audit.Entry) error {
	_, err := s.change(ctx, entry, s.authorityLook(a.Fingerprint), `INSERT INTO authority (fingerprint, der, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		a.Fingerprint, a.DER, toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing an authority: %w", err)
	}
	return nil
}

// DeleteAuthority takes the trust back.
func (s *Store) DeleteAuthority(ctx context.Context, fingerprint string, entry audit.Entry) error {
	return s.changeOne(ctx, "deleting an authority", entry, s.authorityLook(fingerprint), `DELETE FROM authority WHERE fingerprint = ?`, fingerprint)
}

// Authorities lists them all, by fingerprint.
func (s *Store) Authorities(ctx context.Context) ([]Authority, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT fingerprint, der, added_at FROM authority ORDER BY fingerprint`)
	if err != nil {
		return nil, fmt.Errorf("reading authorities: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Authority
	for rows.Next() {
		var a Authority
		var added int64
		if err := rows.Scan(&a.Fingerprint, &a.DER, &added); err != nil {
			return nil, fmt.Errorf("reading authorities: %w", err)
		}
		a.AddedAt = fromMillis(added)
		list = append(list, a)
	}
	return list, rows.Err()
}
