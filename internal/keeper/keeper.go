package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"gocloud.dev/secrets"
)

// maxBytes bounds DecryptBytes: subjects and PEM files are far below; anything larger belongs in a stream.
const maxBytes = 1 << 20

// Keeper wraps and unwraps keys under one version of the master key.
type Keeper struct {
	master  *secrets.Keeper
	version string
}

// New takes an open master key and the name of its version, which is stored beside everything that it wraps.
func New(master *secrets.Keeper, version string) *Keeper {
	return &Keeper{master: master, version: version}
}

// Close lets go of the master key.
func (k *Keeper) Close() error { return k.master.Close() }

// Holds says whether what that version wrapped can be opened.
func (k *Keeper) Holds(version string) bool { return version == k.version }

// Wrapped is a Key as it may lie in the store.
type Wrapped struct {
	Version string
	Bytes   []byte
}

// Key encrypts and decrypts one thing: a message, or a mailbox's private key.
type Key struct{ identity *age.X25519Identity }

// NewKey makes a key and its wrapped form.
func (k *Keeper) NewKey(ctx context.Context) (*Key, Wrapped, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, Wrapped{}, fmt.Errorf("making a key: %w", err)
	}
	wrapped, err := k.master.Encrypt(ctx, []byte(identity.String()))
	if err != nil {
		return nil, Wrapped{}, fmt.Errorf("wrapping a key: %w", err)
	}
	return &Key{identity}, Wrapped{Version: k.version, Bytes: wrapped}, nil
}

// Unwrap gives the key back. A version that this keeper does not hold is an error, never a guess.
func (k *Keeper) Unwrap(ctx context.Context, w Wrapped) (*Key, error) {
	if !k.Holds(w.Version) {
		return nil, fmt.Errorf("unwrapping a key: it was wrapped by master key %q, and this keeper holds %q", w.Version, k.version)
	}
	plain, err := k.master.Decrypt(ctx, w.Bytes)
	if err != nil {
		return nil, fmt.Errorf("unwrapping a key: %w", err)
	}
	identity, err := age.ParseX25519Identity(string(plain))
	if err != nil {
		// The parser's own text may quote what it read: not for any log.
		return nil, errors.New("unwrapping a key: what was wrapped is no key")
	}
	return &Key{identity}, nil
}

// Encrypt returns a writer of age-framed bytes to dst. Only Close makes them whole.
func (key *Key) Encrypt(dst io.Writer) (io.WriteCloser, error) {
	return age.Encrypt(dst, key.identity.Recipient())
}

// Decrypt returns a reader that fails at the first frame that was altered or is missing.
func (key *Key) Decrypt(src io.Reader) (io.Reader, error) {
	return age.Decrypt(src, key.identity)
}

// EncryptBytes is Encrypt for something small.
func (key *Key) EncryptBytes(plain []byte) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := key.Encrypt(&sealed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// DecryptBytes is Decrypt for something small.
func (key *Key) DecryptBytes(sealed []byte) ([]byte, error) {
	r, err := key.Decrypt(bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > maxBytes {
		return nil, errors.New("decrypting: larger than a small thing may be")
	}
	return plain, nil
}
