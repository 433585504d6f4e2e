package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/audit"
)

// Session is somebody who is signed in to the administrators' page.
type Session struct {
	Token   string // hashed
	Person  string // object id
	Data    []byte
	Expires time.Time
}

// PutSession stores a session, or what has become of it.
func (s *Store) PutSession(ctx context.Context, one Session) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO session (token, person, data, expires_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (token) DO UPDATE SET person = excluded.person, data = excluded.data, expires_at = excluded.expires_at`,
		one.Token, one.Person, one.Data, toMillis(one.Expires))
	if err != nil {
		return fmt.Errorf("storing a session: %w", err)
	}
	return nil
}

// SessionData reads a session that has not expired; ErrNotFound otherwise.
func (s *Store) SessionData(ctx context.Context, token string) (data []byte, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT data FROM session WHERE token = ? AND expires_at > ?`, token, toMillis(s.now())).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("reading a session: %w", err)
	}
	return data, nil
}

// DeleteSession ends one. That there is none is no error.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE token = ?`, token); err != nil {
		return fmt.Errorf("deleting a session: %w", err)
	}
	return nil
}

// DeleteSessionsOf ends all of a person's, wherever they are signed in.
func (s *Store) DeleteSessionsOf(ctx context.Context, person string, entry audit.Entry) error {
	if _, err := s.change(ctx, entry, `DELETE FROM session WHERE person = ?`, person); err != nil {
		return fmt.Errorf("deleting a person's sessions: %w", err)
	}
	return nil
}

// DeleteExpiredSessions tidies up. They count for nothing before it, either.
func (s *Store) DeleteExpiredSessions(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE expires_at <= ?`, toMillis(s.now())); err != nil {
		return fmt.Errorf("deleting expired sessions: %w", err)
	}
	return nil
}

// Record writes an audit entry about something that changes no row, such as a sign-in.
func (s *Store) Record(ctx context.Context, entry audit.Entry) error {
	return s.inTx(ctx, func(tx *transaction) error { return insertAudit(ctx, tx, entry) })
}
