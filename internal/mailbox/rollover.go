package mailbox

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/store"
)

// Use says how a held key is put to use.
type Use struct {
	Name   string    // of a new mailbox; "" keeps the name that there is
	From   time.Time // when it begins to sign; zero is now
	Accept []string  // codes of findings that an administrator has decided to live with
}

// maxAhead is how long before a key may be planned: longer than that it is forgotten, and the certificate half used up.
const maxAhead = 366 * 24 * time.Hour

// Lookup gives a held key again, looked at anew: its certificate may have been revoked since.
func (a Admin) Lookup(ctx context.Context, address, id string) (Held, error) {
	h, _, err := a.lookup(ctx, address, id)
	return h, err
}

func (a Admin) lookup(ctx context.Context, address, id string) (Held, store.MailboxKey, error) {
	k, err := a.key(ctx, address, id, store.KeyHeld)
	if err != nil {
		return Held{}, k, err
	}
	c, err := parseKeyRow(k)
	if err != nil {
		return Held{}, k, err
	}
	h := heldOf(k, c)
	h.Found, err = a.findings(ctx, k, c)
	h.Warnings = a.warnings(c.certificate)
	return h, k, err
}

// key finds one key of a mailbox; by address too, so that whoever may change one mailbox names no key of another.
func (a Admin) key(ctx context.Context, address, id string, states ...store.KeyState) (store.MailboxKey, error) {
	rows, err := a.Store.MailboxKeys(ctx, Canonical(address))
	if err != nil {
		return store.MailboxKey{}, unavailable(err)
	}
	for _, k := range rows {
		for _, state := range states {
			if k.ID == id && k.State == state {
				return k, nil
			}
		}
	}
	return store.MailboxKey{}, gone(nil)
}

func gone(cause error) error {
	return fault.New(fault.NotFound, "mailbox_key_gone", fault.Sentence{
		DA: "Den nøgle venter ikke længere her: den er taget i brug, fjernet eller for gammel. Se postkassens side, og importér igen om nødvendigt.",
		EN: "That key does not wait here any longer: it was put to use, removed, or is too old. See the mailbox's page, and import again if need be.",
	}, cause)
}

func parseKeyRow(k store.MailboxKey) (candidate, error) {
	c := candidate{address: k.Address}
	var err error
	if c.certificate, err = x509.ParseCertificate(k.Certificate); err != nil {
		return c, fmt.Errorf("reading a mailbox's certificate: %w", err)
	}
	if c.chain, err = x509.ParseCertificates(k.Chain); err != nil {
		return c, fmt.Errorf("reading a mailbox's chain: %w", err)
	}
	return c, nil
}

// PutToUse has a held key sign: at once, or from a time on. The key before it is kept to open old mail.
func (a Admin) PutToUse(ctx context.Context, address, id string, use Use) (Held, error) {
	h, k, err := a.lookup(ctx, address, id)
	if err != nil {
		return h, err
	}
	if err := refusal(h.Found, use.Accept); err != nil {
		return h, err
	}
	now := a.Now()
	m, err := a.Store.MailboxByAddress(ctx, h.Address)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return h, unavailable(err)
	}
	fresh := err != nil
	if use.From.After(now) {
		return h, a.plan(ctx, h, use, fresh)
	}
	before := ""
	if fresh {
		m = store.Mailbox{ID: newID(), Address: h.Address, Name: strings.TrimSpace(use.Name), MailboxSettings: store.MailboxSettings{Undo: DefaultUndo}}
		if m.Name == "" {
			return h, invalid("mailbox_name_missing", "name", fault.Sentence{DA: "Skriv det navn, som modtagerne skal se.", EN: "Type the name that recipients are to see."})
		}
	} else {
		now, err := x509.ParseCertificate(m.Certificate)
		if err == nil {
			before = fingerprintOf(now)
		}
		if name := strings.TrimSpace(use.Name); name != "" {
			m.Name = name
		}
	}
	m.Certificate, m.Chain, m.Key, m.Reference, m.WrappedKey, m.KeyVersion = k.Certificate, k.Chain, k.Key, k.Reference, k.WrappedKey, k.KeyVersion
	detail := audit.Change{Before: map[string]string{"certificate": before}, After: put(h.Fingerprint, use.Accept)}
	err = a.Store.PutHeldMailbox(ctx, m, k.ID, a.entry(audit.MailboxPut, h.Address, detail))
	if errors.Is(err, store.ErrNotFound) {
		return h, gone(err)
	}
	return h, unavailable(err)
}

func (a Admin) plan(ctx context.Context, h Held, use Use, fresh bool) error {
	if fresh {
		return invalid("mailbox_plan_new", "from", fault.Sentence{
			DA: "En ny postkasse har ingen nøgle at sende med indtil da. Tag nøglen i brug nu.", EN: "A new mailbox has no key to send with until then. Put the key to use now.",
		})
	}
	if !use.From.Before(h.Certificate.NotAfter) || use.From.After(a.Now().Add(maxAhead)) {
		return invalid("mailbox_plan_late", "from", dated(fault.Sentence{
			DA: "Tidspunktet ligger for langt ude i fremtiden. Certifikatet udløber {date}.", EN: "The time is too far ahead. The certificate expires on {date}.",
		}, h.Certificate.NotAfter))
	}
	detail := put(h.Fingerprint, use.Accept)
	detail["from"] = use.From.UTC().Format(time.RFC3339)
	err := a.Store.PlanMailboxKey(ctx, h.ID, use.From, a.entry(audit.KeyPlanned, h.Address, detail))
	switch {
	case errors.Is(err, store.ErrPlanned):
		return fault.New(fault.Conflict, "mailbox_plan_taken", fault.Sentence{
			DA: "Der er allerede planlagt et skift af nøgle. Fjern den plan først.", EN: "A change of key is planned already. Remove that plan first.",
		}, err)
	case errors.Is(err, store.ErrNotFound):
		return gone(err)
	}
	return unavailable(err)
}

// Drop takes back a key that has not signed. One that was made here waits for another certificate again, and is deleted the next
// time.
func (a Admin) Drop(ctx context.Context, address, id string) error {
	k, err := a.key(ctx, address, id, store.KeyRequested, store.KeyHeld, store.KeyPlanned)
	if err != nil {
		return err
	}
	err = a.Store.DropMailboxKey(ctx, k.ID, a.entry(audit.KeyDropped, k.Address, describe(k)))
	if errors.Is(err, store.ErrNotFound) {
		return gone(err)
	}
	return unavailable(err)
}

func describe(k store.MailboxKey) map[string]any {
	detail := map[string]any{"state": string(k.State)}
	if c, err := x509.ParseCertificate(k.Certificate); err == nil {
		detail["certificate"] = fingerprintOf(c)
	}
	if k.Reference != "" {
		detail["device"] = k.Reference
	}
	return detail
}

// Tick does what the clock decides: planned keys whose time has come begin to sign, and imported ones that nobody looked at are
// dropped. Every machine may do it; of two that do, one does each. It says whose key has changed.
func (a Admin) Tick(ctx context.Context) (switched []string, err error) {
	planned, err := a.Store.KeysOf(ctx, store.KeyPlanned)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	for _, k := range planned {
		if now.Before(k.From) {
			continue
		}
		did, one := ignoreGone(a.Store.SwitchMailboxKey(ctx, k.ID, a.entry(audit.KeySwitched, k.Address, describe(k))))
		if did {
			switched = append(switched, k.Address)
		}
		err = errors.Join(err, one)
	}
	waiting, one := a.Store.KeysOf(ctx, store.KeyHeld)
	err = errors.Join(err, one)
	for _, k := range waiting {
		if now.Sub(k.CreatedAt) < heldFor {
			continue
		}
		_, one := ignoreGone(a.Store.DropMailboxKey(ctx, k.ID, a.entry(audit.KeyDropped, k.Address, describe(k))))
		err = errors.Join(err, one)
	}
	return switched, err
}

// ignoreGone: another machine was first.
func ignoreGone(err error) (did bool, _ error) {
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
