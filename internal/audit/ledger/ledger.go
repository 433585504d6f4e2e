package ledger

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// batch rows are read or written at a time: a transaction that holds the writer of SQLite must be short.
const batch = 500

// Store keeps the log.
type Store interface {
	AuditState(ctx context.Context) (store.AuditState, error)
	ChainAudit(ctx context.Context, limit int) (int, error)
	AddCheckpoint(ctx context.Context, now time.Time, sign func(*chain.Checkpoint)) (chain.Checkpoint, bool, error)
	LastCheckpoint(ctx context.Context) (chain.Checkpoint, error)
	Checkpoints(ctx context.Context, from, to uint64, limit int, after uint64) ([]chain.Checkpoint, error)
	AuditKeys(ctx context.Context) ([]store.AuditKey, error)
	AddFirstAuditKey(ctx context.Context, k store.AuditKey) error
	AuditSpan(ctx context.Context, f store.AuditFilter, after uint64) (first, last uint64, found bool, err error)
	AuditRange(ctx context.Context, after, to uint64, limit int) ([]store.AuditRow, error)
	AuditHash(ctx context.Context, sequence uint64) (chain.Hash, error)
	EraseAuditDetails(ctx context.Context, before time.Time, limit int) (int, error)
	ShortenAudit(ctx context.Context, before time.Time) (chain.Checkpoint, int, error)
	Record(ctx context.Context, e audit.Entry) error
}

// Keeper wraps the key that signs.
type Keeper interface {
	NewKey(ctx context.Context) (*keeper.Key, keeper.Wrapped, error)
	Unwrap(ctx context.Context, w keeper.Wrapped) (*keeper.Key, error)
}

// Deps is all that a ledger needs.
type Deps struct {
	Store       Store
	Keeper      Keeper
	KeepDetails time.Duration // as long as what is known of a mail; 0 is for ever
	KeepRows    time.Duration // 0 is for ever
	Now         func() time.Time
	Log         *slog.Logger
}

// Ledger is the log as proof.
type Ledger struct {
	Deps
	mu  sync.Mutex
	key ed25519.PrivateKey
}

// New makes one; it reads nothing yet.
func New(d Deps) *Ledger { return &Ledger{Deps: d} }

// Keep puts new rows into the chain, and does once a day what is done once a day. Several machines may do it at the same time.
func (l *Ledger) Keep(ctx context.Context) error {
	if err := l.Append(ctx); err != nil {
		return err
	}
	last, err := l.Store.LastCheckpoint(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if last.Number > 0 && store.SameDay(last.At, l.Now()) {
		return nil
	}
	// Erasing that fails keeps nothing from being signed, and the other way round.
	return errors.Join(l.erase(ctx), l.shorten(ctx), l.sign(ctx, last))
}

// Append puts every row that was committed by now into the chain.
func (l *Ledger) Append(ctx context.Context) error {
	for {
		n, err := l.Store.ChainAudit(ctx, batch)
		if err != nil || n < batch {
			return err
		}
	}
}

func (l *Ledger) erase(ctx context.Context) error {
	if l.KeepDetails <= 0 {
		return nil
	}
	before, erased := l.Now().Add(-l.KeepDetails), 0
	for {
		n, err := l.Store.EraseAuditDetails(ctx, before, batch)
		if erased += n; err == nil && n == batch {
			continue
		}
		if erased == 0 {
			return err
		}
		return errors.Join(err, l.tell(ctx, audit.DetailErased, map[string]any{"rows": erased, "from_before": before.UTC().Truncate(time.Second)}))
	}
}

func (l *Ledger) shorten(ctx context.Context) error {
	if l.KeepRows <= 0 {
		return nil
	}
	from, n, err := l.Store.ShortenAudit(ctx, l.Now().Add(-l.KeepRows))
	if err != nil || n == 0 {
		return err
	}
	return l.tell(ctx, audit.LogShortened, map[string]any{"rows": n, "begins_after": from.Sequence, "hash": from.Hash.String()})
}

func (l *Ledger) tell(ctx context.Context, action audit.Action, detail any) error {
	err := l.Store.Record(ctx, audit.Entry{At: l.Now(), Actor: audit.Actor{Kind: "system", ID: "ledger"}, Action: action, Detail: detail})
	if err != nil {
		return err
	}
	return l.Append(ctx)
}

// sign looks whether the rows since the last signature are as they were chained, says so loudly where they are not, and signs: a row
// that was altered does not fit its hash, whoever signs that.
func (l *Ledger) sign(ctx context.Context, last chain.Checkpoint) error {
	key, err := l.signer(ctx)
	if err != nil {
		return err
	}
	if err := l.look(ctx, last.Sequence); err != nil {
		return err
	}
	c, added, err := l.Store.AddCheckpoint(ctx, l.Now(), func(c *chain.Checkpoint) { c.Sign(key) })
	if err != nil || !added {
		return err
	}
	l.Log.LogAttrs(ctx, slog.LevelInfo, "the audit log was signed", slog.Uint64("checkpoint", c.Number), slog.Uint64("sequence", c.Sequence),
		slog.String("hash", c.Hash.String()), slog.String("key", chain.FormatKey(public(key))), slog.Any("signature", c.Signature))
	return nil
}

// look goes through the rows after one.
func (l *Ledger) look(ctx context.Context, after uint64) error {
	state, err := l.Store.AuditState(ctx)
	if err != nil {
		return err
	}
	after = max(after, state.Begins)
	previous, err := l.Store.AuditHash(ctx, after)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for after < state.Sequence {
		rows, err := l.Store.AuditRange(ctx, after, state.Sequence, batch)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Sequence != after+1 || r.Previous != previous || !chain.Sound(r.Row, r.Link) {
				l.Log.LogAttrs(ctx, slog.LevelError, "the audit log is not as it was written", slog.Uint64("sequence", r.Sequence))
			}
			after, previous = r.Sequence, r.Hash
		}
		if len(rows) == 0 {
			l.Log.LogAttrs(ctx, slog.LevelError, "the end of the audit log is missing", slog.Uint64("sequence", after+1))
			return nil
		}
	}
	return nil
}

// signer is the newest key, which is made where there is none.
func (l *Ledger) signer(ctx context.Context) (ed25519.PrivateKey, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key != nil {
		return l.key, nil
	}
	keys, err := l.Store.AuditKeys(ctx)
	if err == nil && len(keys) == 0 {
		if err = l.makeKey(ctx); err == nil {
			keys, err = l.Store.AuditKeys(ctx) // another machine's may have been first
		}
	}
	if err != nil {
		return nil, fmt.Errorf("making the key that signs the audit log: %w", err)
	}
	if len(keys) == 0 {
		return nil, errors.New("the audit log has no key")
	}
	wrapping, err := l.Keeper.Unwrap(ctx, keeper.Wrapped{Version: keys[0].KeyVersion, Bytes: keys[0].WrappedKey})
	if err != nil {
		return nil, fmt.Errorf("opening the key that signs the audit log: %w", err)
	}
	seed, err := wrapping.DecryptBytes(keys[0].Private)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.Join(errors.New("the key that signs the audit log cannot be opened"), err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	clear(seed)
	if chain.KeyID(public(key)) != keys[0].ID {
		return nil, errors.New("the key that signs the audit log is not the one that its name says")
	}
	l.key = key
	return key, nil
}

func (l *Ledger) makeKey(ctx context.Context) error {
	own, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	wrapping, wrapped, err := l.Keeper.NewKey(ctx)
	if err != nil {
		return err
	}
	sealed, err := wrapping.EncryptBytes(private.Seed())
	if err != nil {
		return err
	}
	return l.Store.AddFirstAuditKey(ctx, store.AuditKey{ID: chain.KeyID(own), Public: own, Private: sealed, WrappedKey: wrapped.Bytes, KeyVersion: wrapped.Version})
}

func public(key ed25519.PrivateKey) ed25519.PublicKey {
	own, _ := key.Public().(ed25519.PublicKey)
	return own
}
