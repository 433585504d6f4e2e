package mailbox

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// Fingerprint names a certificate.
func Fingerprint(c *x509.Certificate) [sha256.Size]byte { return sha256.Sum256(c.Raw) }

func parse(row store.Mailbox) (Mailbox, error) {
	leaf, err := x509.ParseCertificate(row.Certificate)
	if err != nil {
		return Mailbox{}, fmt.Errorf("reading a mailbox's certificate: %w", err)
	}
	chain, err := x509.ParseCertificates(row.Chain)
	if err != nil {
		return Mailbox{}, fmt.Errorf("reading a mailbox's chain: %w", err)
	}
	return Mailbox{ID: row.ID, Address: row.Address, Name: row.Name, Certificate: leaf, Chain: chain, Undo: row.Undo}, nil
}

// parseKey reads PKCS#8, the only form that is stored.
func parseKey(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("the private key is not PKCS#8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

// key is the one that signs for a mailbox. It is kept in memory, as it is used for every mail.
func (r *Registry) key(ctx context.Context, m Mailbox, row store.Mailbox) (crypto.Signer, error) {
	id := Fingerprint(m.Certificate)
	r.mu.Lock()
	key, held := r.keys[id]
	r.mu.Unlock()
	if held {
		return key, nil
	}
	key, err := r.unwrap(ctx, m.Certificate, keeper.Wrapped{Version: row.KeyVersion, Bytes: row.WrappedKey}, row.Key)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = key
	return key, nil
}

func (r *Registry) unwrap(ctx context.Context, c *x509.Certificate, wrapped keeper.Wrapped, sealed []byte) (crypto.Signer, error) {
	wrapping, err := r.keeper.Unwrap(ctx, wrapped)
	if err != nil {
		return nil, err
	}
	plain, err := wrapping.DecryptBytes(sealed)
	if err != nil {
		return nil, fmt.Errorf("decrypting a mailbox key: %w", err)
	}
	key, err := parseKey(plain)
	clear(plain)
	if err != nil {
		return nil, err
	}
	if !fits(key, c) {
		return nil, errors.New("the private key is not the certificate's")
	}
	return key, nil
}

// Keys are all that open mail to a mailbox: the one that signs, the one that will, and those that have. Like Lend it is for commands
// on this machine and for reading the mailbox, and for no caller over the network.
func (r *Registry) Keys(ctx context.Context, address string) ([]Identity, error) {
	first, err := r.Lend(ctx, address)
	if err != nil {
		return nil, err
	}
	rows, err := r.store.MailboxKeys(ctx, first.Address)
	if err != nil {
		return nil, unavailable(err)
	}
	all := []Identity{first}
	for _, row := range rows {
		if row.State != store.KeyPlanned && row.State != store.KeyFormer {
			continue
		}
		c, err := parseKeyRow(row)
		if err != nil {
			return nil, err
		}
		key, err := r.unwrap(ctx, c.certificate, keeper.Wrapped{Version: row.KeyVersion, Bytes: row.WrappedKey}, row.Key)
		if err != nil {
			return nil, err
		}
		one := first.Mailbox
		one.Certificate, one.Chain = c.certificate, c.chain
		all = append(all, Identity{Mailbox: one, Key: key})
	}
	return all, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
