package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
)

// What the audit log shows of the things that administrators change, before and after. Read under the row's lock, so that the
// "before" of one change is the "after" of the one before it.

// fields are a row's, by the names that the log has for them.
type fields = map[string]any

// seen makes a row's absence an answer: nothing.
func seen(f fields, err error) (any, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (s *Store) mailboxLook(address string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var name string
		var certificate, key []byte
		var undo int64
		err := tx.QueryRowContext(ctx, `SELECT name, certificate, key, undo_seconds FROM mailbox WHERE address = ?`+s.dialect.lock("mailbox"), address).
			Scan(&name, &certificate, &key, &undo)
		print := sha256.Sum256(certificate)
		return seen(placed(fields{"name": name, "certificate": hex.EncodeToString(print[:]), "undo_seconds": undo}, key), err)
	}
}

// placed adds where the key is, if it is in a device.
func placed(f fields, key []byte) fields {
	if _, reference := fromKeyColumn(key); reference != "" {
		f["device"] = reference
	}
	return f
}

func (s *Store) settingsLook(id string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var name, language string
		var undo, perMinute, recipients int64
		var enabled, receipts bool
		err := tx.QueryRowContext(ctx, `SELECT name, undo_seconds, enabled, receipts, COALESCE(notice_language, ''), per_minute, recipients_per_day FROM mailbox WHERE id = ?`+
			s.dialect.lock("mailbox"), id).Scan(&name, &undo, &enabled, &receipts, &language, &perMinute, &recipients)
		return seen(fields{
			"name": name, "undo_seconds": undo, "enabled": enabled, "receipts": receipts, "language": language,
			"per_minute": perMinute, "recipients_per_day": recipients,
		}, err)
	}
}

func (s *Store) keyLook(id string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var state string
		var certificate, key []byte
		var from int64
		err := tx.QueryRowContext(ctx, `SELECT state, certificate, key, COALESCE(from_at, 0) FROM mailbox_key WHERE id = ?`+s.dialect.lock("mailbox_key"), id).
			Scan(&state, &certificate, &key, &from)
		f := placed(fields{"key": id, "state": state}, key)
		if certificate != nil {
			print := sha256.Sum256(certificate)
			f["certificate"] = hex.EncodeToString(print[:])
		}
		if from != 0 {
			f["from"] = fromMillis(from)
		}
		return seen(f, err)
	}
}

func (s *Store) grantLook(mailboxID string, g Grant) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var created int64
		err := tx.QueryRowContext(ctx, `SELECT created_at FROM mailbox_grant WHERE mailbox_id = ? AND kind = ? AND subject = ?`+s.dialect.lock("mailbox_grant"),
			mailboxID, g.Kind, g.Subject).Scan(&created)
		return seen(fields{"kind": g.Kind, "subject": g.Subject, "since": fromMillis(created)}, err)
	}
}

func (s *Store) localLook(a LocalAdministrator) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var created int64
		err := tx.QueryRowContext(ctx, `SELECT created_at FROM local_administrator WHERE mailbox_id = ? AND kind = ? AND subject = ?`+s.dialect.lock("local_administrator"),
			a.MailboxID, a.Kind, a.Subject).Scan(&created)
		return seen(fields{"kind": a.Kind, "subject": a.Subject, "since": fromMillis(created)}, err)
	}
}

func (s *Store) sessionsLook(person string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var count int
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM session WHERE person = ?`, person).Scan(&count)
		return fields{"sessions": count}, err
	}
}

func (s *Store) certificateLook(id string) look {
	return s.oneCertificate(`id = ?`, id)
}

func (s *Store) pinLook(subject, fingerprint string) look {
	return s.oneCertificate(`subject = ? AND fingerprint = ?`, subject, fingerprint)
}

func (s *Store) oneCertificate(where string, args ...any) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var subject, print, source, pending string
		var bound, vouched bool
		err := tx.QueryRowContext(ctx, `SELECT subject, fingerprint, source, COALESCE(pending, ''), bound, vouched FROM recipient_certificate WHERE `+where+
			s.dialect.lock("recipient_certificate"), args...).Scan(&subject, &print, &source, &pending, &bound, &vouched)
		state := "used"
		if pending != "" {
			state = "pending: " + pending
		}
		return seen(fields{"for": subject, "certificate": print, "source": source, "state": state, "bound": bound, "vouched": vouched}, err)
	}
}

func (s *Store) authorityLook(fingerprint string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var added int64
		err := tx.QueryRowContext(ctx, `SELECT added_at FROM authority WHERE fingerprint = ?`+s.dialect.lock("authority"), fingerprint).Scan(&added)
		return seen(fields{"authority": fingerprint, "since": fromMillis(added)}, err)
	}
}

func (s *Store) deliveryLook(id string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var state, code string
		err := tx.QueryRowContext(ctx, `SELECT state, COALESCE(code, '') FROM delivery WHERE id = ?`, id).Scan(&state, &code)
		return seen(fields{"state": state, "code": code}, err)
	}
}

// messageLook counts a message's copies by state: one that is taken back may have several.
func (s *Store) noticeLook(id string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		var kind string
		var at int64
		err := tx.QueryRowContext(ctx, `SELECT notice_kind, notice_at FROM message WHERE id = ? AND notice_kind IS NOT NULL`, id).Scan(&kind, &at)
		return seen(fields{"notice": kind, "at": fromMillis(at)}, err)
	}
}

func (s *Store) messageLook(id string) look {
	return func(ctx context.Context, tx *transaction) (any, error) {
		rows, err := tx.QueryContext(ctx, `SELECT state, COUNT(*) FROM delivery WHERE message_id = ? GROUP BY state`, id)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }()
		copies := map[string]int{}
		for rows.Next() {
			var state string
			var count int
			if err := rows.Scan(&state, &count); err != nil {
				return nil, err
			}
			copies[state] = count
		}
		return fields{"copies": copies}, rows.Err()
	}
}
