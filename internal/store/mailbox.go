package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Mailbox is a function mailbox as it rests: its private key is encrypted, or stays in a device and is referred to.
type Mailbox struct {
	ID          string
	Address     string
	Name        string
	Certificate []byte // DER
	Chain       []byte // DER, one after another
	Key         []byte // encrypted PKCS#8; nil where there is a reference
	Reference   string // to a key in a device
	WrappedKey  []byte // of a referred one, a key that encrypts nothing: whatever goes over all rows finds whole ones
	KeyVersion  string
	CreatedAt   time.Time
	MailboxSettings
}

// MailboxSettings is what administrators decide of a mailbox.
type MailboxSettings struct {
	Undo       time.Duration // how long a sender may take a mail back; whole seconds
	Disabled   bool          // nobody sends as it
	NoReceipts bool          // error reports alone
	Language   string        // of receipts and reports: "da", "en", or "" for the sender's
	PerMinute  int           // copies; 0 is the service's own limit, as is the next
	Recipients int           // a day
}

// Grant is the right to send as a mailbox.
type Grant struct {
	Kind    string // "person", "group" or "application"
	Subject string
}

// PutMailbox stores a mailbox, or gives the one with that address a new name, key and certificate; what else was decided of one
// that is there stays. The key before is kept as a former one, by a trigger.
func (s *Store) PutMailbox(ctx context.Context, m Mailbox, entry audit.Entry) error {
	return s.PutHeldMailbox(ctx, m, "", entry)
}

// PutHeldMailbox is PutMailbox with the key of a held row, which ends with it; "" is none. ErrNotFound: it is held no more, or was
// wrapped anew since the caller read it.
func (s *Store) PutHeldMailbox(ctx context.Context, m Mailbox, heldID string, entry audit.Entry) error {
	if m.Chain == nil {
		m.Chain = []byte{} // no issuers to send along is an answer too, and not NULL
	}
	return s.inTx(ctx, func(tx *transaction) error {
		return s.changing(ctx, tx, entry, s.mailboxLook(m.Address), func() error {
			if err := endHeld(ctx, tx, heldID, m.KeyVersion); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO mailbox (id, address, name, certificate, chain, key, wrapped_key, key_version, created_at, undo_seconds)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (address) DO UPDATE SET name = excluded.name, certificate = excluded.certificate, chain = excluded.chain,
				key = excluded.key, wrapped_key = excluded.wrapped_key, key_version = excluded.key_version,
				undo_seconds = excluded.undo_seconds`,
				m.ID, m.Address, m.Name, m.Certificate, m.Chain, keyColumn(m.Key, m.Reference), m.WrappedKey, m.KeyVersion, toMillis(s.now()), int(m.Undo.Seconds()))
			if err != nil {
				return fmt.Errorf("storing a mailbox: %w", err)
			}
			return nil
		})
	})
}

// SetMailbox changes its name and what else is decided of it, and no key.
func (s *Store) SetMailbox(ctx context.Context, id, name string, set MailboxSettings, entry audit.Entry) error {
	return s.changeOne(ctx, "storing a mailbox's settings", entry, s.settingsLook(id), `UPDATE mailbox SET name = ?, undo_seconds = ?, enabled = ?, receipts = ?,
		notice_language = NULLIF(?, ''), per_minute = ?, recipients_per_day = ? WHERE id = ?`,
		name, int(set.Undo.Seconds()), !set.Disabled, !set.NoReceipts, set.Language, set.PerMinute, set.Recipients, id)
}

const mailboxColumns = `SELECT id, address, name, certificate, chain, key, wrapped_key, key_version, created_at, undo_seconds, enabled, receipts,
	COALESCE(notice_language, ''), per_minute, recipients_per_day FROM mailbox `

// MailboxByAddress finds a mailbox by its address, domain in lower case.
func (s *Store) MailboxByAddress(ctx context.Context, address string) (Mailbox, error) {
	list, err := s.mailboxes(ctx, mailboxColumns+"WHERE address = ?", address)
	if err != nil {
		return Mailbox{}, err
	}
	if len(list) == 0 {
		return Mailbox{}, ErrNotFound
	}
	return list[0], nil
}

// Mailboxes lists them all, by address.
func (s *Store) Mailboxes(ctx context.Context) ([]Mailbox, error) {
	return s.mailboxes(ctx, mailboxColumns+"ORDER BY address")
}

func (s *Store) mailboxes(ctx context.Context, query string, args ...any) ([]Mailbox, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading mailboxes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Mailbox
	for rows.Next() {
		var m Mailbox
		var created, undo int64
		var enabled, receipts bool
		if err := rows.Scan(&m.ID, &m.Address, &m.Name, &m.Certificate, &m.Chain, &m.Key, &m.WrappedKey, &m.KeyVersion, &created, &undo,
			&enabled, &receipts, &m.Language, &m.PerMinute, &m.Recipients); err != nil {
			return nil, fmt.Errorf("reading mailboxes: %w", err)
		}
		m.Key, m.Reference = fromKeyColumn(m.Key)
		m.CreatedAt, m.Undo = fromMillis(created), time.Duration(undo)*time.Second
		m.Disabled, m.NoReceipts = !enabled, !receipts
		list = append(list, m)
	}
	return list, rows.Err()
}

// MailboxCertificates gives the certificates (DER) of the mailboxes among the addresses, domains in lower case. Whoever asks for
// three recipients must not read two hundred mailboxes, keys and all.
func (s *Store) MailboxCertificates(ctx context.Context, addresses []string) (map[string][]byte, error) {
	found := map[string][]byte{}
	if len(addresses) == 0 {
		return found, nil
	}
	args := make([]any, len(addresses))
	for i, a := range addresses {
		args[i] = a
	}
	rows, err := s.db.QueryContext(ctx, `SELECT address, certificate FROM mailbox WHERE address IN (`+marks(len(args))+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading mailboxes' certificates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var address string
		var der []byte
		if err := rows.Scan(&address, &der); err != nil {
			return nil, fmt.Errorf("reading mailboxes' certificates: %w", err)
		}
		found[address] = der
	}
	return found, rows.Err()
}

// Grants lists who may send as a mailbox.
func (s *Store) Grants(ctx context.Context, mailboxID string) ([]Grant, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT kind, subject FROM mailbox_grant WHERE mailbox_id = ? ORDER BY kind, subject`, mailboxID)
	if err != nil {
		return nil, fmt.Errorf("reading grants: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Grant
	for rows.Next() {
		var g Grant
		if err := rows.Scan(&g.Kind, &g.Subject); err != nil {
			return nil, fmt.Errorf("reading grants: %w", err)
		}
		list = append(list, g)
	}
	return list, rows.Err()
}

// GrantedGroups lists every group that some grant names: what there is to ask the directory about.
func (s *Store) GrantedGroups(ctx context.Context) ([]string, error) {
	return s.strings(ctx, `SELECT DISTINCT subject FROM mailbox_grant WHERE kind = 'group' ORDER BY subject`)
}

// GrantedMailboxes lists the mailboxes that any of the grants gives, and that may be sent as at all.
func (s *Store) GrantedMailboxes(ctx context.Context, grants []Grant) ([]Mailbox, error) {
	if len(grants) == 0 {
		return nil, nil
	}
	args := make([]any, 0, 2*len(grants))
	for _, g := range grants {
		args = append(args, g.Kind, g.Subject)
	}
	pairs := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(grants)), ", ")
	return s.mailboxes(ctx, mailboxColumns+`WHERE enabled AND id IN (SELECT mailbox_id FROM mailbox_grant WHERE (kind, subject) IN (VALUES `+pairs+`)) ORDER BY address`, args...)
}

// PutGrant gives the right; giving it twice is the same.
func (s *Store) PutGrant(ctx context.Context, mailboxID string, g Grant, entry audit.Entry) error {
	_, err := s.change(ctx, entry, s.grantLook(mailboxID, g), `INSERT INTO mailbox_grant (mailbox_id, kind, subject, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		mailboxID, g.Kind, g.Subject, toMillis(s.now()))
	if err != nil {
		return fmt.Errorf("storing a grant: %w", err)
	}
	return nil
}

// DeleteGrant takes the right back.
func (s *Store) DeleteGrant(ctx context.Context, mailboxID string, g Grant, entry audit.Entry) error {
	return s.changeOne(ctx, "deleting a grant", entry, s.grantLook(mailboxID, g), `DELETE FROM mailbox_grant WHERE mailbox_id = ? AND kind = ? AND subject = ?`, mailboxID, g.Kind, g.Subject)
}

func (s *Store) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}
