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

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// AdminStore is what an administrator changes of mailboxes.
type AdminStore interface {
	MailboxByAddress(ctx context.Context, address string) (store.Mailbox, error)
	PutMailbox(ctx context.Context, m store.Mailbox, e audit.Entry) error
	SetMailbox(ctx context.Context, id, name string, set store.MailboxSettings, e audit.Entry) error
	GrantStore
	KeyStore
	LocalStore
}

// LocalStore is in whose care mailboxes are given.
type LocalStore interface {
	PutLocalAdministrator(ctx context.Context, a store.LocalAdministrator, e audit.Entry) error
	DeleteLocalAdministrator(ctx context.Context, a store.LocalAdministrator, e audit.Entry) error
}

// GrantStore is what an administrator changes of the rights to send.
type GrantStore interface {
	Grants(ctx context.Context, mailboxID string) ([]store.Grant, error)
	PutGrant(ctx context.Context, mailboxID string, g store.Grant, e audit.Entry) error
	DeleteGrant(ctx context.Context, mailboxID string, g store.Grant, e audit.Entry) error
}

// KeyStore is the keys beside those that sign.
type KeyStore interface {
	MailboxKeys(ctx context.Context, address string) ([]store.MailboxKey, error)
	KeysOf(ctx context.Context, state store.KeyState) ([]store.MailboxKey, error)
	AddMailboxKey(ctx context.Context, k store.MailboxKey, e audit.Entry) error
	HoldMailboxKey(ctx context.Context, id string, certificate, chain []byte, e audit.Entry) error
	PutHeldMailbox(ctx context.Context, m store.Mailbox, heldID string, e audit.Entry) error
	PlanMailboxKey(ctx context.Context, id string, from time.Time, e audit.Entry) error
	SwitchMailboxKey(ctx context.Context, id string, e audit.Entry) error
	DropMailboxKey(ctx context.Context, id string, e audit.Entry) error
}

// KeyMaker makes the key that a private key is encrypted under.
type KeyMaker interface {
	NewKey(ctx context.Context) (*keeper.Key, keeper.Wrapped, error)
}

// Judge says whether a certificate may be used; nil knows no authority.
type Judge interface {
	Judge(ctx context.Context, s trust.Subject) trust.Verdict
	Path(s trust.Subject) []*x509.Certificate
}

// Admin adds and changes mailboxes, their keys and grants. Whether Actor may do so has been asked before.
type Admin struct {
	Store   AdminStore
	Keeper  KeyMaker
	Devices Devices // nil: none is set up
	Judge   Judge
	Now     func() time.Time
	Actor   audit.Actor
}

// New is a mailbox to be added, or given a new key and certificate at once.
type New struct {
	Address     string
	Name        string
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	Key         crypto.Signer
	Undo        time.Duration // as in store.MailboxSettings
	Accept      []string      // codes of findings that an administrator has decided to live with
}

// DefaultUndo is long enough to notice a wrong recipient after pressing the button, and short enough to be waited for; MaxUndo
// is as long as anybody expects a mail to take.
const (
	DefaultUndo = 10 * time.Second
	MaxUndo     = 5 * time.Minute
)

// Put checks that the parts belong together and stores them, the key encrypted. People import files: see Import.
func (a Admin) Put(ctx context.Context, n New) error {
	address, err := addressOf(n.Address)
	if err != nil {
		return err
	}
	if err := checkUndo(n.Undo); err != nil {
		return err
	}
	c := candidate{address: address, key: n.Key, certificate: n.Certificate, chain: n.Chain}
	if err := refusal(a.examine(ctx, c), n.Accept); err != nil {
		return err
	}
	sealed, wrapped, err := a.seal(ctx, n.Key)
	if err != nil {
		return err
	}
	return a.Store.PutMailbox(ctx, store.Mailbox{
		ID: newID(), Address: address, Name: strings.TrimSpace(n.Name), Certificate: n.Certificate.Raw, Chain: joined(n.Chain),
		Key: sealed, WrappedKey: wrapped.Bytes, KeyVersion: wrapped.Version, MailboxSettings: store.MailboxSettings{Undo: n.Undo},
	}, a.entry(audit.MailboxPut, address, put(fingerprintOf(n.Certificate), n.Accept)))
}

// put is the detail of a new key: which, and what was decided about it.
func put(fingerprint string, accepted []string) map[string]any {
	detail := map[string]any{"certificate": fingerprint}
	if len(accepted) > 0 {
		detail["accepted"] = accepted
	}
	return detail
}

// addressOf is a mailbox's address as it is kept.
func addressOf(text string) (string, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != strings.TrimSpace(text) || len(text) > 320 {
		return "", invalid("mailbox_address_invalid", "address", fault.Sentence{
			DA: "Skriv postkassens mailadresse, for eksempel sikkermail@enhed.dk.",
			EN: "Type the mailbox's e-mail address, such as sikkermail@unit.dk.",
		})
	}
	return Canonical(text), nil
}

func invalid(code, field string, say fault.Sentence) error {
	f := fault.New(fault.Invalid, code, say, nil)
	f.Fields = []fault.Field{{Name: field, Say: say}}
	return f
}

// find gives a mailbox that is here.
func (a Admin) find(ctx context.Context, address string) (store.Mailbox, error) {
	m, err := a.Store.MailboxByAddress(ctx, Canonical(address))
	if errors.Is(err, store.ErrNotFound) {
		return m, noSuchMailbox()
	}
	return m, unavailable(err)
}

func noSuchMailbox() error {
	return fault.New(fault.NotFound, "no_such_mailbox", fault.Sentence{
		DA: "Den funktionspostkasse findes ikke her.",
		EN: "There is no such function mailbox here.",
	}, nil)
}

// seal encrypts a private key for the database.
func (a Admin) seal(ctx context.Context, key crypto.PrivateKey) ([]byte, keeper.Wrapped, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, keeper.Wrapped{}, fmt.Errorf("writing the key: %w", err)
	}
	defer clear(der)
	wrapping, wrapped, err := a.Keeper.NewKey(ctx)
	if err != nil {
		return nil, keeper.Wrapped{}, err
	}
	sealed, err := wrapping.EncryptBytes(der)
	if err != nil {
		return nil, keeper.Wrapped{}, fmt.Errorf("encrypting the key: %w", err)
	}
	return sealed, wrapped, nil
}

func (a Admin) entry(action audit.Action, address string, detail any) audit.Entry {
	return entry(a.Now(), a.Actor, action, address, detail)
}

func fingerprintOf(c *x509.Certificate) string {
	print := Fingerprint(c)
	return hex.EncodeToString(print[:])
}

func joined(list []*x509.Certificate) []byte {
	out := []byte{}
	for _, c := range list {
		out = append(out, c.Raw...)
	}
	return out
}
