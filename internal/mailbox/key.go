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
	if key := r.inMemory(m.Certificate, row.Reference); key != nil {
		return key, nil
	}
	key, err := r.open(ctx, m.Certificate, store.MailboxKey{Key: row.Key, Reference: row.Reference, WrappedKey: row.WrappedKey, KeyVersion: row.KeyVersion})
	if err != nil {
		return nil, err
	}
	r.remember(m.Certificate, row.Reference, key)
	return key, nil
}

func (r *Registry) inMemory(c *x509.Certificate, reference string) crypto.Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[held{Fingerprint(c), reference}]
}

func (r *Registry) remember(c *x509.Certificate, reference string, key crypto.Signer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[held{Fingerprint(c), reference}] = key
}

// open gives a key that rests here, or one in a device, and makes sure that it is the certificate's.
func (r *Registry) open(ctx context.Context, c *x509.Certificate, row store.MailboxKey) (key crypto.Signer, err error) {
	if row.Reference == "" {
		key, err = r.unwrap(ctx, keeper.Wrapped{Version: row.KeyVersion, Bytes: row.WrappedKey}, row.Key)
	} else {
		key, err = openDevice(ctx, r.devices, row.Reference)
	}
	if err != nil {
		return nil, err
	}
	if !fits(key, c) {
		return nil, errors.New("the private key is not the certificate's")
	}
	return key, nil
}

func (r *Registry) unwrap(ctx context.Context, wrapped keeper.Wrapped, sealed []byte) (crypto.Signer, error) {
	wrapping, err := r.keeper.Unwrap(ctx, wrapped)
	if err != nil {
		return nil, err
	}
	plain, err := wrapping.DecryptBytes(sealed)
	if err != nil {
		return nil, fmt.Errorf("decrypting a mailbox key: %w", err)
	}
	defer clear(plain)
	return parseKey(plain)
}

// Keys are all that open mail to a mailbox: the one that signs, the one that will, and those that have. One in a device that cannot be
// asked is among them and says so when it is: mail to the others opens all the same. Like Lend it is for commands on this machine and
// for reading the mailbox, and for no caller over the network.
func (r *Registry) Keys(ctx context.Context, address string) ([]Identity, error) {
	m, active, err := r.find(ctx, address)
	if err != nil {
		return nil, err
	}
	rows, err := r.store.MailboxKeys(ctx, m.Address)
	if err != nil {
		return nil, unavailable(err)
	}
	key, err := orAbsent(m.Certificate)(r.key(ctx, m, active))
	if err != nil {
		return nil, err
	}
	all := []Identity{{Mailbox: m, Key: key}}
	for _, row := range rows {
		if row.State != store.KeyPlanned && row.State != store.KeyFormer {
			continue
		}
		c, err := parseKeyRow(row)
		if err != nil {
			return nil, err
		}
		if key, err = orAbsent(c.certificate)(r.another(ctx, c.certificate, row)); err != nil {
			return nil, err
		}
		one := m
		one.Certificate, one.Chain = c.certificate, c.chain
		all = append(all, Identity{Mailbox: one, Key: key})
	}
	return all, nil
}

// another is a key that does not sign. One in a device is remembered: it is no secret, and finding it takes a call.
func (r *Registry) another(ctx context.Context, c *x509.Certificate, row store.MailboxKey) (crypto.Signer, error) {
	if key := r.inMemory(c, row.Reference); key != nil {
		return key, nil
	}
	key, err := r.open(ctx, c, row)
	if err == nil && row.Reference != "" {
		r.remember(c, row.Reference, key)
	}
	return key, err
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
