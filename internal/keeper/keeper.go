package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"filippo.io/age"
	"gocloud.dev/secrets"
)

// ErrVersion: something was wrapped by a version of the master key that is not here. Waiting helps only if somebody brings it.
var ErrVersion = errors.New("that version of the master key is not held here")

// Wrapped is a Key as it may lie in the store.
type Wrapped struct {
	Version string
	Bytes   []byte
}

// Keeper wraps keys under the current version of the master key, and unwraps under every version that it holds. It may be
// used by many goroutines at once.
type Keeper struct{ ring *ring }

// New takes one open master key and the name of its version, which is stored beside everything that it wraps.
func New(master *secrets.Keeper, version string) *Keeper {
	return &Keeper{fixedRing(named{version, master})}
}

// Close lets go of the master key.
func (k *Keeper) Close() error { return k.ring.close() }

// Holds says whether what that version wrapped can be opened.
func (k *Keeper) Holds(version string) bool {
	_, err := k.ring.find(version)
	return err == nil
}

// Versions names every version that is held. The first is the current one, which wraps.
func (k *Keeper) Versions() []string { return k.ring.versions() }

// NewKey makes a key and its wrapped form.
func (k *Keeper) NewKey(ctx context.Context) (*Key, Wrapped, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, Wrapped{}, fmt.Errorf("making a key: %w", err)
	}
	current := k.ring.current()
	wrapped, err := current.master.Encrypt(ctx, []byte(identity.String()))
	if err != nil {
		return nil, Wrapped{}, failed("wrapping a key", err)
	}
	return &Key{identity}, Wrapped{Version: current.version, Bytes: wrapped}, nil
}

// Unwrap gives the key back. A version that this keeper does not hold is ErrVersion, never a guess.
func (k *Keeper) Unwrap(ctx context.Context, w Wrapped) (*Key, error) {
	_, identity, err := k.unwrap(ctx, w)
	if err != nil {
		return nil, err
	}
	return &Key{identity}, nil
}

func (k *Keeper) unwrap(ctx context.Context, w Wrapped) ([]byte, *age.X25519Identity, error) {
	by, err := k.ring.find(w.Version)
	if err != nil {
		return nil, nil, fmt.Errorf("unwrapping a key: %w", err)
	}
	plain, err := by.master.Decrypt(ctx, w.Bytes)
	if err != nil {
		return nil, nil, failed("unwrapping a key", err)
	}
	identity, err := age.ParseX25519Identity(string(plain))
	if err != nil {
		// The parser's own text may quote what it read: not for any log.
		return nil, nil, errors.New("unwrapping a key: what was wrapped is no key")
	}
	return plain, identity, nil
}

// Rewrap gives the same key under the current version; changed is false when it lies under that already. What the key has
// encrypted stays as it is. The caller replaces the old form only where it is still the old one (another replica may have been
// first), and may lose the new one without harm.
func (k *Keeper) Rewrap(ctx context.Context, w Wrapped) (_ Wrapped, changed bool, err error) {
	current := k.ring.current()
	if w.Version == current.version {
		return w, false, nil
	}
	plain, _, err := k.unwrap(ctx, w)
	if err != nil {
		return Wrapped{}, false, err
	}
	wrapped, err := current.master.Encrypt(ctx, plain)
	if err != nil {
		return Wrapped{}, false, failed("wrapping a key anew", err)
	}
	// The old form is about to be thrown away, and a vault's public half wraps without proving that the private half may be
	// used: a version that was created for encryption alone would take everything and give nothing back.
	again, err := current.master.Decrypt(ctx, wrapped)
	if err != nil {
		return Wrapped{}, false, failed("proving a key that was wrapped anew", err)
	}
	if !bytes.Equal(again, plain) {
		return Wrapped{}, false, errors.New("proving a key that was wrapped anew: another came back")
	}
	return Wrapped{Version: current.version, Bytes: wrapped}, true, nil
}
