package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Certificate is a recipient's certificate and whom it is for.
type Certificate struct {
	ID           string
	Subject      string // an address in lower case, or "@" and a domain
	Fingerprint  string
	DER          []byte
	Source       string // "pinned" or "harvested"
	Pending      string // what an administrator must decide before it is used; "" when it is
	Bound        bool
	Vouched      bool
	Issuers      []byte // DER, one after another
	Capabilities []byte
	SignedAt     time.Time // zero where it was not harvested
	AddedAt      time.Time
	Check        CertificateCheck
}

// CertificateCheck is what the last look at a stored certificate found. Its zero value is that there was none.
type CertificateCheck struct {
	At       time.Time
	Code     string
	BreaksAt time.Time // zero where it cannot be used already, or that cannot be known
}

// maxPending certificates wait for an administrator at most; the oldest of more are forgotten. Anybody can send signed mail.
const maxPending = 1000

const certificateColumns = `SELECT id, subject, fingerprint, der, source, COALESCE(pending, ''), bound, vouched, issuers, capabilities,
	signed_at, added_at, checked_at, COALESCE(check_code, ''), breaks_at FROM recipient_certificate `

// PutPinned stores what an administrator ties to a subject. One that was harvested before becomes pinned, and keeps what was
// learnt of it. Doing it twice is the same.
func (s *Store) PutPinned(ctx context.Context, c Certificate, entry audit.Entry) error {
	_, err := s.change(ctx, entry, s.pinLook(c.Subject, c.Fingerprint), `INSERT INTO recipient_certificate (id, subject, fingerprint, der, source, bound, vouched, issuers, added_at)
		VALUES (?, ?, ?, ?, 'pinned', TRUE, ?, ?, ?)
		ON CONFLICT (subject, fingerprint) DO UPDATE SET source = 'pinned', pending = NULL, bound = TRUE, vouched = excluded.vouched, issuers = excluded.issuers,
			checked_at = NULL, check_code = NULL, breaks_at = NULL
		WHERE recipient_certificate.source <> 'pinned' OR recipient_certificate.vouched <> excluded.vouched OR recipient_certificate.issuers <> excluded.issuers`,
		c.ID, c.Subject, c.Fingerprint, c.DER, c.Vouched, blob(c.Issuers), toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing a certificate: %w", err)
	}
	return nil
}

// PutHarvested stores what was learnt from a signed mail. One that is there already, pinned or harvested, only learns the
// newer capabilities; and one that waited is used once a mail proves it, whenever that was signed. A mail that proves nothing
// changes nothing of what is used. Of those harvested for one subject the newest are kept; the rest go.
func (s *Store) PutHarvested(ctx context.Context, c Certificate, keep int, entry audit.Entry) error {
	return s.inTx(ctx, func(tx *transaction) error {
		return s.changing(ctx, tx, entry, s.pinLook(c.Subject, c.Fingerprint), func() error { return s.putHarvested(ctx, tx, c, keep) })
	})
}

func (s *Store) putHarvested(ctx context.Context, tx *transaction, c Certificate, keep int) error {
	var pending any
	if c.Pending != "" {
		pending = c.Pending
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO recipient_certificate
			(id, subject, fingerprint, der, source, pending, bound, vouched, issuers, capabilities, signed_at, added_at)
			VALUES (?, ?, ?, ?, 'harvested', ?, FALSE, FALSE, ?, ?, ?, ?)
			ON CONFLICT (subject, fingerprint) DO UPDATE
				SET pending = CASE WHEN excluded.pending IS NULL THEN NULL ELSE recipient_certificate.pending END,
					issuers = CASE WHEN recipient_certificate.pending IS NULL THEN recipient_certificate.issuers ELSE excluded.issuers END,
					capabilities = excluded.capabilities, signed_at = excluded.signed_at
			WHERE CASE
				WHEN recipient_certificate.pending IS NULL THEN excluded.pending IS NULL
					AND (recipient_certificate.signed_at IS NULL OR recipient_certificate.signed_at < excluded.signed_at)
				ELSE excluded.pending IS NULL OR recipient_certificate.signed_at < excluded.signed_at END`,
		c.ID, c.Subject, c.Fingerprint, c.DER, pending, blob(c.Issuers), c.Capabilities, toMillis(c.SignedAt), toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing a harvested certificate: %w", err)
	}
	if changed, err := result.RowsAffected(); err != nil {
		return err
	} else if changed == 0 {
		return errUnchanged
	}
	// Used and pending ones make room apart: who can sign nothing that is accepted must not push out what is.
	for _, cut := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM recipient_certificate WHERE NOT bound AND subject = ? AND (pending IS NULL) = ? AND id NOT IN (
				SELECT id FROM recipient_certificate WHERE NOT bound AND subject = ? AND (pending IS NULL) = ? ORDER BY signed_at DESC, id DESC LIMIT ?)`,
			[]any{c.Subject, c.Pending == "", c.Subject, c.Pending == "", keep}},
		{`DELETE FROM recipient_certificate WHERE pending IS NOT NULL AND id NOT IN (
				SELECT id FROM recipient_certificate WHERE pending IS NOT NULL ORDER BY id DESC LIMIT ?)`, []any{maxPending}},
	} {
		if _, err := tx.ExecContext(ctx, cut.query, cut.args...); err != nil {
			return fmt.Errorf("making room among harvested certificates: %w", err)
		}
	}
	return nil
}

// Certificates reads those of one source that are in use for any of the subjects.
func (s *Store) Certificates(ctx context.Context, source string, subjects []string) ([]Certificate, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	args := []any{source}
	for _, subject := range subjects {
		args = append(args, subject)
	}
	return s.certificates(ctx, `WHERE source = ? AND pending IS NULL AND subject IN (`+
		marks(len(subjects))+`) ORDER BY subject, fingerprint`, args...)
}

// NewestSigned is when the newest mail was signed from which something was learnt of the subject that is in use; zero where
// nothing was.
func (s *Store) NewestSigned(ctx context.Context, subject string) (time.Time, error) {
	var newest sql.NullInt64
	err := s.db.QueryRowContext(ctx, `SELECT MAX(signed_at) FROM recipient_certificate WHERE subject = ? AND pending IS NULL`, subject).Scan(&newest)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading certificates: %w", err)
	}
	return whenSet(newest), nil
}

// CertificateQuery is which stored certificates to list, by id.
type CertificateQuery struct {
	Pending *bool  // nil is all
	Subject string // "" is all
	// BreaksBefore: those that cannot be used by then, or now, as the last check found. Zero is all.
	BreaksBefore time.Time
	After        string // an id; "" is from the start
	Limit        int
}

// ListCertificates reads one page, oldest first.
func (s *Store) ListCertificates(ctx context.Context, q CertificateQuery) ([]Certificate, error) {
	where, args := "WHERE id > ?", []any{q.After}
	if q.Pending != nil {
		where += map[bool]string{true: " AND pending IS NOT NULL", false: " AND pending IS NULL"}[*q.Pending]
	}
	if q.Subject != "" {
		where, args = where+" AND subject = ?", append(args, q.Subject)
	}
	if !q.BreaksBefore.IsZero() {
		where, args = where+" AND checked_at IS NOT NULL AND (check_code <> 'ok' OR breaks_at < ?)", append(args, toMillis(q.BreaksBefore))
	}
	return s.certificates(ctx, where+" ORDER BY id LIMIT ?", append(args, q.Limit)...)
}

// CertificateByID finds one.
func (s *Store) CertificateByID(ctx context.Context, id string) (Certificate, error) {
	list, err := s.certificates(ctx, "WHERE id = ?", id)
	if err != nil {
		return Certificate{}, err
	}
	if len(list) == 0 {
		return Certificate{}, ErrNotFound
	}
	return list[0], nil
}

// DeleteCertificate takes one away.
func (s *Store) DeleteCertificate(ctx context.Context, id string, entry audit.Entry) error {
	return s.changeOne(ctx, "deleting a certificate", entry, s.certificateLook(id), `DELETE FROM recipient_certificate WHERE id = ?`, id)
}

// ApproveCertificate takes a pending one into use: bound to its subject, and vouched for where that was what was missing.
func (s *Store) ApproveCertificate(ctx context.Context, id string, vouched bool, entry audit.Entry) error {
	return s.changeOne(ctx, "approving a certificate", entry, s.certificateLook(id),
		`UPDATE recipient_certificate SET pending = NULL, bound = TRUE, vouched = ? WHERE id = ? AND pending IS NOT NULL`, vouched, id)
}

// SettleCertificate takes a pending one into use without anybody's word for it: what was in the way is gone.
func (s *Store) SettleCertificate(ctx context.Context, id string, entry audit.Entry) error {
	return s.changeOne(ctx, "settling a certificate", entry, s.certificateLook(id),
		`UPDATE recipient_certificate SET pending = NULL WHERE id = ? AND pending IS NOT NULL`, id)
}

// CertificateFigures counts what an administrator should look at.
type CertificateFigures struct {
	Pending int // wait for a decision
	Broken  int // by the last check cannot be used
	Soon    int // will not be usable any more before a given time
}

// CountCertificates counts; soon is the time that CertificateFigures.Soon is about.
func (s *Store) CountCertificates(ctx context.Context, soon time.Time) (f CertificateFigures, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(CASE WHEN pending IS NOT NULL THEN 1 END),
		COUNT(CASE WHEN pending IS NULL AND check_code <> 'ok' THEN 1 END), COUNT(CASE WHEN pending IS NULL AND check_code = 'ok' AND breaks_at < ? THEN 1 END)
		FROM recipient_certificate`, toMillis(soon)).Scan(&f.Pending, &f.Broken, &f.Soon)
	if err != nil {
		return f, fmt.Errorf("counting certificates: %w", err)
	}
	return f, nil
}

// SetCertificateCheck keeps what a check found. It is no change of anybody's, and not in the audit.
func (s *Store) SetCertificateCheck(ctx context.Context, id string, check CertificateCheck) error {
	var breaks any
	if !check.BreaksAt.IsZero() {
		breaks = toMillis(check.BreaksAt)
	}
	_, err := s.db.ExecContext(ctx, `UPDATE recipient_certificate SET checked_at = ?, check_code = ?, breaks_at = ? WHERE id = ?`,
		toMillis(check.At), check.Code, breaks, id)
	if err != nil {
		return fmt.Errorf("storing a check: %w", err)
	}
	return nil
}

func (s *Store) certificates(ctx context.Context, where string, args ...any) ([]Certificate, error) {
	rows, err := s.db.QueryContext(ctx, certificateColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading certificates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Certificate
	for rows.Next() {
		var c Certificate
		var added int64
		var signed, checked, breaks sql.NullInt64
		if err := rows.Scan(&c.ID, &c.Subject, &c.Fingerprint, &c.DER, &c.Source, &c.Pending, &c.Bound, &c.Vouched, &c.Issuers, &c.Capabilities,
			&signed, &added, &checked, &c.Check.Code, &breaks); err != nil {
			return nil, fmt.Errorf("reading certificates: %w", err)
		}
		c.AddedAt, c.SignedAt, c.Check.At, c.Check.BreaksAt = fromMillis(added), whenSet(signed), whenSet(checked), whenSet(breaks)
		list = append(list, c)
	}
	return list, rows.Err()
}

func whenSet(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}

// blob: nothing is an answer too, and not NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
