package mailbox

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// AdminStore is what an administrator changes.
type AdminStore interface {
	MailboxByAddress(ctx context.Context, address string) (store.Mailbox, error)
	PutMailbox(ctx context.Context, m store.Mailbox, e audit.Entry) error
	PutGrant(ctx context.Context, mailboxID string, g store.Grant, e audit.Entry) error
	DeleteGrant(ctx context.Context, mailboxID string, g store.Grant, e audit.Entry) error
	PutLocalAdministrator(ctx context.Context, a store.LocalAdministrator, e audit.Entry) error
	DeleteLocalAdministrator(ctx context.Context, a store.LocalAdministrator, e audit.Entry) error
}

// KeyMaker makes the key that a private key is encrypted under.
type KeyMaker interface {
	NewKey(ctx context.Context) (*keeper.Key, keeper.Wrapped, error)
}

// Admin adds and changes mailboxes and grants.
type Admin struct {
	Store  AdminStore
	Keeper KeyMaker
	Now    func() time.Time
	Actor  audit.Actor
}

// New is a mailbox to be added, or given a new key and certificate.
type New struct {
	Address     string
	Name        string
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	Key         crypto.Signer
	Undo        time.Duration // how long a sender may take a mail back: whole seconds, at most MaxUndo
}

// DefaultUndo is long enough to notice a wrong recipient after pressing the button, and short enough to be waited for; MaxUndo
// is as long as anybody expects a mail to take.
const (
	DefaultUndo = 10 * time.Second
	MaxUndo     = 5 * time.Minute
)

// Put checks that the parts belong together and stores them, the key encrypted.
func (a Admin) Put(ctx context.Context, n New) error {
	parsed, err := mail.ParseAddress(n.Address)
	if err != nil || parsed.Address != strings.TrimSpace(n.Address) {
		return errors.New("the mailbox's address is not an e-mail address")
	}
	if err := fits(n.Key, n.Certificate); err != nil {
		return err
	}
	if n.Undo < 0 || n.Undo > MaxUndo || n.Undo%time.Second != 0 {
		return fmt.Errorf("the time to take a mail back must be whole seconds, at most %v", MaxUndo)
	}
	if now := a.Now(); now.Before(n.Certificate.NotBefore) || now.After(n.Certificate.NotAfter) {
		return fmt.Errorf("the certificate is valid from %s to %s, and not now",
			n.Certificate.NotBefore.Format(time.DateOnly), n.Certificate.NotAfter.Format(time.DateOnly))
	}
	if u := n.Certificate.KeyUsage; u != 0 && u&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return errors.New("the certificate may not sign (key usage)")
	}
	if u := n.Certificate.KeyUsage; u != 0 && u&(x509.KeyUsageKeyEncipherment|x509.KeyUsageKeyAgreement) == 0 {
		return errors.New("the certificate may not be encrypted for (key usage), so the unit could not read what it sent")
	}
	der, err := x509.MarshalPKCS8PrivateKey(n.Key)
	if err != nil {
		return fmt.Errorf("writing the key: %w", err)
	}
	defer clear(der)
	wrapping, wrapped, err := a.Keeper.NewKey(ctx)
	if err != nil {
		return err
	}
	sealed, err := wrapping.EncryptBytes(der)
	if err != nil {
		return fmt.Errorf("encrypting the key: %w", err)
	}
	var chain []byte
	for _, c := range n.Chain {
		chain = append(chain, c.Raw...)
	}
	address, print := Canonical(n.Address), Fingerprint(n.Certificate)
	return a.Store.PutMailbox(ctx, store.Mailbox{
		ID: uuid.Must(uuid.NewV7()).String(), Address: address, Name: strings.TrimSpace(n.Name),
		Certificate: n.Certificate.Raw, Chain: chain, Key: sealed, WrappedKey: wrapped.Bytes, KeyVersion: wrapped.Version, Undo: n.Undo,
	}, entry(a.Now(), a.Actor, audit.MailboxPut, address, map[string]string{"certificate": hex.EncodeToString(print[:])}))
}

// Grant lets a person, group or application send as the mailbox.
func (a Admin) Grant(ctx context.Context, address string, g store.Grant) error {
	return a.change(ctx, address, g, audit.GrantPut, a.Store.PutGrant)
}

// Revoke takes it back.
func (a Admin) Revoke(ctx context.Context, address string, g store.Grant) error {
	return a.change(ctx, address, g, audit.GrantDeleted, a.Store.DeleteGrant)
}

func (a Admin) change(ctx context.Context, address string, g store.Grant, action audit.Action,
	do func(context.Context, string, store.Grant, audit.Entry) error,
) error {
	id, err := uuid.Parse(g.Subject)
	if err != nil {
		return errors.New("a grant names an object id (person, group) or a client id (application): a UUID")
	}
	g.Subject = id.String()
	m, err := a.Store.MailboxByAddress(ctx, Canonical(address))
	if err != nil {
		return fmt.Errorf("finding the mailbox: %w", err)
	}
	return do(ctx, m.ID, g, entry(a.Now(), a.Actor, action, m.Address, g))
}
