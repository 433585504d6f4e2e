package store

import (
	"context"
	"fmt"
)

const (
	// historyMessages of a caller are looked through, the newest first: a year or more of a person's, and minutes of a program's.
	historyMessages = 500
	// historyRows bounds the same by recipients. A row costs some two microseconds, and this is asked while somebody writes a mail;
	// one mail to five hundred people is not to make it slow for months.
	historyRows = 1000
)

// Correspondent is somebody to whom a caller has sent.
type Correspondent struct {
	Address string
	Mailbox string // that the newest mail was sent as
	Sealed  bool   // one of the mails to them was
}

// A bound on ids, and not a LIMIT in a subquery, which SQLite would join whole and sort before it counts the first row. Of recipient
// only what recipient_history holds: its rows lie among the evidence, and to fetch them takes five times as long.
const historyQuery = `SELECT r.address, b.address, d.kind = 'sealed'
	FROM message m JOIN recipient r ON r.message_id = m.id JOIN delivery d ON d.id = r.delivery_id JOIN mailbox b ON b.id = m.mailbox_id
	WHERE m.caller_id = ? AND m.id >= COALESCE((SELECT n.id FROM message n WHERE n.caller_id = ? ORDER BY n.id DESC LIMIT 1 OFFSET ?), '')
	AND d.state <> 'rejected' ORDER BY m.id DESC LIMIT ?`

// Correspondents lists the people to whom the caller has sent lately, the last one first, limit at most. A mail that was taken back
// or did not go out is none that was sent. It reads what a caller is shown of their own mails anyway, and goes when that is erased.
func (s *Store) Correspondents(ctx context.Context, callerID string, limit int) ([]Correspondent, error) {
	rows, err := s.db.QueryContext(ctx, historyQuery, callerID, callerID, historyMessages-1, historyRows)
	if err != nil {
		return nil, fmt.Errorf("reading whom a caller has sent to: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Correspondent
	at := map[string]int{}
	for rows.Next() {
		var c Correspondent
		if err := rows.Scan(&c.Address, &c.Mailbox, &c.Sealed); err != nil {
			return nil, fmt.Errorf("reading whom a caller has sent to: %w", err)
		}
		if i, seen := at[c.Address]; seen {
			list[i].Sealed = list[i].Sealed || c.Sealed
		} else if len(list) < limit {
			at[c.Address] = len(list)
			list = append(list, c)
		}
	}
	return list, rows.Err()
}

// SentSealed is whether the Message-ID is that of a mail of the caller's own, of which a sealed copy went out.
func (s *Store) SentSealed(ctx context.Context, callerID, headerID string) (sealed bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM message m JOIN delivery d ON d.message_id = m.id
		WHERE m.header_id = ? AND m.caller_id = ? AND d.kind = 'sealed' AND d.state <> 'rejected')`, headerID, callerID).Scan(&sealed)
	if err != nil {
		return false, fmt.Errorf("looking for a mail of a caller's: %w", err)
	}
	return sealed, nil
}

func pinnedQuery(d dialect, domains int) string {
	domain := d.domain("c.subject")
	return `SELECT p.subject FROM (SELECT c.subject, ROW_NUMBER() OVER (PARTITION BY ` + domain + ` ORDER BY c.subject) AS place
		FROM recipient_certificate c WHERE c.source = 'pinned' AND substr(c.subject, 1, 1) <> '@' AND ` + domain + ` IN (` + marks(domains) + `)
		AND (c.check_code IS NULL OR c.check_code = 'ok') GROUP BY c.subject) p WHERE p.place <= ? ORDER BY p.subject`
}

// PinnedAt lists addresses at the domains, of each as many as that, for which an administrator has pinned a certificate, but
// for what the last nightly check found unusable. Those that were learnt from mail are not among them: they would tell whom strangers
// write to.
func (s *Store) PinnedAt(ctx context.Context, domains []string, each int) ([]string, error) {
	if len(domains) == 0 {
		return nil, nil
	}
	args := make([]any, 0, len(domains)+1)
	for _, domain := range domains {
		args = append(args, domain)
	}
	list, err := s.strings(ctx, pinnedQuery(s.dialect, len(domains)), append(args, each)...)
	if err != nil {
		return nil, fmt.Errorf("reading which addresses are pinned: %w", err)
	}
	return list, nil
}
