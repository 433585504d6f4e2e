package store

import (
	"context"
	"fmt"

	"aau.dk/sendsikker/internal/audit"
)

// LocalAdministrator is somebody who looks after one mailbox.
type LocalAdministrator struct {
	MailboxID string
	Kind      string // "person" or "group"
	Subject   string // object id, in lower case
}

// PutLocalAdministrator gives a mailbox into somebody's care; doing it twice is the same.
func (s *Store) PutLocalAdministrator(ctx context.Context, a LocalAdministrator, entry audit.Entry) error {
	_, err := s.change(ctx, entry, `INSERT INTO local_administrator (mailbox_id, kind, subject, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		a.MailboxID, a.Kind, a.Subject, toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing a local administrator: %w", err)
	}
	return nil
}

// DeleteLocalAdministrator takes it back; from the next page on they see it no more.
func (s *Store) DeleteLocalAdministrator(ctx context.Context, a LocalAdministrator, entry audit.Entry) error {
	return s.changeOne(ctx, "deleting a local administrator", entry, `DELETE FROM local_administrator WHERE mailbox_id = ? AND kind = ? AND subject = ?`,
		a.MailboxID, a.Kind, a.Subject)
}

// LocalAdministrators lists who looks after a mailbox.
func (s *Store) LocalAdministrators(ctx context.Context, mailboxID string) ([]LocalAdministrator, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT mailbox_id, kind, subject FROM local_administrator WHERE mailbox_id = ? ORDER BY kind, subject`, mailboxID)
	if err != nil {
		return nil, fmt.Errorf("reading local administrators: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []LocalAdministrator
	for rows.Next() {
		var a LocalAdministrator
		if err := rows.Scan(&a.MailboxID, &a.Kind, &a.Subject); err != nil {
			return nil, fmt.Errorf("reading local administrators: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// AdministeringGroups lists every group that looks after some mailbox: what there is to ask the directory about.
func (s *Store) AdministeringGroups(ctx context.Context) ([]string, error) {
	return s.strings(ctx, `SELECT DISTINCT subject FROM local_administrator WHERE kind = 'group' ORDER BY subject`)
}

// AdministeredBy lists the ids of the mailboxes that a person looks after, by themselves or as one of the groups.
func (s *Store) AdministeredBy(ctx context.Context, person string, groups []string) ([]string, error) {
	args := []any{person}
	of := ""
	if len(groups) > 0 {
		of = ` OR kind = 'group' AND subject IN (` + marks(len(groups)) + `)`
		for _, g := range groups {
			args = append(args, g)
		}
	}
	list, err := s.strings(ctx, `SELECT DISTINCT mailbox_id FROM local_administrator WHERE kind = 'person' AND subject = ?`+of+` ORDER BY mailbox_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading what somebody looks after: %w", err)
	}
	return list, nil
}
