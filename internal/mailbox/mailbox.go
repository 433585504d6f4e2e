package mailbox

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// Mailbox is a function mailbox that may be sent as.
type Mailbox struct {
	ID          string
	Address     string
	Name        string
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // issuers to send along, no root
	Undo        time.Duration       // how long a sender may take a mail back
	Next        *Next               // the certificate after this one; nil is none. Own alone fills it in
}

// Next is a certificate that is planned to follow.
type Next struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	From        time.Time
}

// Identity is a mailbox with the key that signs for it.
type Identity struct {
	Mailbox
	Key crypto.Signer
}

// Store is what is kept about mailboxes.
type Store interface {
	MailboxByAddress(ctx context.Context, address string) (store.Mailbox, error)
	Mailboxes(ctx context.Context) ([]store.Mailbox, error)
	Grants(ctx context.Context, mailboxID string) ([]store.Grant, error)
	GrantedGroups(ctx context.Context) ([]string, error)
	GrantedMailboxes(ctx context.Context, grants []store.Grant) ([]store.Mailbox, error)
	MailboxKeys(ctx context.Context, address string) ([]store.MailboxKey, error)
	KeysOf(ctx context.Context, state store.KeyState) ([]store.MailboxKey, error)
}

// Keeper unwraps the key that a private key is encrypted under.
type Keeper interface {
	Unwrap(ctx context.Context, w keeper.Wrapped) (*keeper.Key, error)
}

// Devices opens keys that stay where they are. *device.Opener is one.
type Devices interface {
	Open(ctx context.Context, reference string) (crypto.Signer, error)
}

// Registry answers who may send as what, and lends the keys.
type Registry struct {
	store   Store
	keeper  Keeper
	devices Devices
	groups  *groupCache

	mu   sync.Mutex
	keys map[held]crypto.Signer
}

// held is what a key in memory goes by: a renewed certificate is another key, and so is one that has moved.
type held struct {
	certificate [32]byte
	reference   string
}

// Deps is what a Registry needs.
type Deps struct {
	Store     Store
	Keeper    Keeper
	Devices   Devices
	Directory Directory // asked for a person's groups when their token could not hold them all
	Now       func() time.Time
}

// NewRegistry makes one.
func NewRegistry(d Deps) *Registry {
	return &Registry{store: d.Store, keeper: d.Keeper, devices: d.Devices, groups: newGroupCache(d.Directory, d.Now), keys: map[held]crypto.Signer{}}
}

// Usable lists the mailboxes that the caller may send as, by address.
func (r *Registry) Usable(ctx context.Context, c Caller) ([]Mailbox, error) {
	grants, err := r.heldBy(ctx, c, func() ([]string, error) {
		groups, err := r.store.GrantedGroups(ctx)
		return groups, unavailable(err)
	})
	if err != nil {
		return nil, err
	}
	rows, err := r.store.GrantedMailboxes(ctx, grants)
	if err != nil {
		return nil, unavailable(err)
	}
	return parseAll(rows)
}

// Own gives our own mailboxes with their certificates, those that will follow too. One that nobody may send as is among them: it
// can still be written to.
func (r *Registry) Own(ctx context.Context) ([]Mailbox, error) {
	rows, err := r.store.Mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	list, err := parseAll(rows)
	if err != nil {
		return nil, err
	}
	planned, err := r.store.KeysOf(ctx, store.KeyPlanned)
	if err != nil {
		return nil, err
	}
	next := map[string]*Next{}
	for _, k := range planned {
		c, err := parseKeyRow(k)
		if err != nil {
			return nil, err
		}
		next[k.Address] = &Next{Certificate: c.certificate, Chain: c.chain, From: k.From}
	}
	for i := range list {
		list[i].Next = next[list[i].Address]
	}
	return list, nil
}

func parseAll(rows []store.Mailbox) ([]Mailbox, error) {
	list := make([]Mailbox, len(rows))
	for i, row := range rows {
		m, err := parse(row)
		if err != nil {
			return nil, err
		}
		list[i] = m
	}
	return list, nil
}

// Open gives the mailbox with the key that signs for it, if the caller may send as it.
func (r *Registry) Open(ctx context.Context, c Caller, address string) (Identity, error) {
	m, row, err := r.allowed(ctx, c, address)
	if err != nil {
		return Identity{}, err
	}
	key, err := r.key(ctx, m, row)
	if errors.Is(err, cms.ErrNotAsked) && fault.KindOf(err) != fault.Invalid { // the device says itself whether waiting helps
		return Identity{}, err
	}
	if err != nil {
		return Identity{}, fault.New(fault.Internal, "mailbox_key_unreadable", fault.Sentence{
			DA: "Postkassens nøgle kan ikke læses, så der kan ikke sendes sikkert fra den. Intet er sendt. Kontakt den, der administrerer Send sikker.",
			EN: "The mailbox's key cannot be read, so nothing can be sent securely from it. Nothing was sent. Contact the administrator of Send sikker.",
		}, err)
	}
	return Identity{Mailbox: m, Key: key}, nil
}

// Lend gives the mailbox with its key without asking who may send as it: for commands on this machine, whose operator holds the
// master key anyway. No caller over the network comes here.
func (r *Registry) Lend(ctx context.Context, address string) (Identity, error) {
	m, row, err := r.find(ctx, address)
	if err != nil {
		return Identity{}, err
	}
	key, err := r.key(ctx, m, row)
	return Identity{Mailbox: m, Key: key}, err
}

func (r *Registry) find(ctx context.Context, address string) (Mailbox, store.Mailbox, error) {
	row, err := r.store.MailboxByAddress(ctx, Canonical(address))
	if errors.Is(err, store.ErrNotFound) {
		return Mailbox{}, row, noSuchMailbox()
	}
	if err != nil {
		return Mailbox{}, row, unavailable(err)
	}
	m, err := parse(row)
	return m, row, err
}

// Check gives the mailbox if the caller may send as it; the key is not touched.
func (r *Registry) Check(ctx context.Context, c Caller, address string) (Mailbox, error) {
	m, _, err := r.allowed(ctx, c, address)
	return m, err
}

func (r *Registry) allowed(ctx context.Context, c Caller, address string) (Mailbox, store.Mailbox, error) {
	row, err := r.store.MailboxByAddress(ctx, Canonical(address))
	if errors.Is(err, store.ErrNotFound) {
		return Mailbox{}, row, notGranted(nil)
	}
	if err != nil {
		return Mailbox{}, row, unavailable(err)
	}
	all, err := r.store.Grants(ctx, row.ID)
	if err != nil {
		return Mailbox{}, row, unavailable(err)
	}
	held, err := r.heldBy(ctx, c, func() ([]string, error) { return groupsOf(all), nil })
	if err != nil {
		return Mailbox{}, row, err
	}
	for _, h := range held {
		for _, g := range all {
			if g != h {
				continue
			}
			if row.Disabled { // told to those alone who could send as it otherwise
				return Mailbox{}, row, disabled()
			}
			m, err := parse(row)
			return m, row, err
		}
	}
	return Mailbox{}, row, notGranted(nil)
}

func notGranted(cause error) error {
	return fault.New(fault.Forbidden, "mailbox_not_granted", fault.Sentence{
		DA: "Du har ikke adgang til at sende fra den postkasse. Vælg en anden, eller bed postkassens lokale administrator om adgang.",
		EN: "You may not send as that mailbox. Choose another, or ask the mailbox's local administrator for access.",
	}, cause)
}

func disabled() error {
	return fault.New(fault.Forbidden, "mailbox_disabled", fault.Sentence{
		DA: "Der er lukket for at sende fra den postkasse. Intet er sendt. Vælg en anden, eller spørg postkassens lokale administrator.",
		EN: "Sending as that mailbox is closed. Nothing was sent. Choose another, or ask the mailbox's local administrator.",
	}, nil)
}

// storageRetry is what a caller is told to wait when the database is away.
const storageRetry = 30 * time.Second

// unavailable is nil for nil.
func unavailable(cause error) error {
	if cause == nil {
		return nil
	}
	f := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{
		DA: "Vi kan ikke slå postkasserne op lige nu. Intet er sendt. Prøv igen om lidt.",
		EN: "We cannot look up the mailboxes just now. Nothing was sent. Try again shortly.",
	}, cause)
	f.RetryAfter = storageRetry
	return f
}

// Canonical is how a mailbox's address is kept: no space around it, all in lower case. Exchange compares addresses so, and
// a function mailbox is always Exchange's.
func Canonical(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// entry starts an audit entry about a mailbox.
func entry(now time.Time, actor audit.Actor, action audit.Action, address string, detail any) audit.Entry {
	return audit.Entry{At: now, Actor: actor, Action: action, Mailbox: address, Detail: detail}
}
