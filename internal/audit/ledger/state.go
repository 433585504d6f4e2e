package ledger

import (
	"context"
	"errors"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/store"
)

const (
	// late: rows are chained each minute, and a machine may be slow.
	late = 10 * time.Minute
	// unsigned: the log is signed each day, in its first minute.
	unsigned = 25 * time.Hour
)

// State is how the log is kept, for those who look after it.
type State struct {
	store.AuditState
	Signed chain.Checkpoint // Number 0: never
	Keys   []Key            // the newest first
	Late   bool             // rows wait for longer than they should
	Stale  bool             // the log has not been signed when it should have been
}

// Key is a public key that signed, or signs.
type Key struct {
	ID     string
	Public string // as chain.FormatKey has it
	Since  time.Time
}

// State tells it.
func (l *Ledger) State(ctx context.Context) (s State, err error) {
	if s.AuditState, err = l.Store.AuditState(ctx); err != nil {
		return s, err
	}
	if s.Signed, err = l.Store.LastCheckpoint(ctx); err != nil && !errors.Is(err, store.ErrNotFound) {
		return s, err
	}
	keys, err := l.Store.AuditKeys(ctx)
	if err != nil {
		return s, err
	}
	for _, k := range keys {
		s.Keys = append(s.Keys, Key{ID: k.ID, Public: chain.FormatKey(k.Public), Since: k.CreatedAt})
	}
	now := l.Now()
	s.Late = s.Waiting > 0 && now.Sub(s.Oldest) > late
	s.Stale = now.Sub(s.Signed.At) > unsigned
	return s, nil
}
