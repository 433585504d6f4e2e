package app

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"aau.dk/sendsikker/api/admin/mailboxes"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
)

// trialSize is a short mail's.
const trialSize = 1 << 10

// trial sends a mail of a mailbox to itself, by the way that every other goes.
type trial struct {
	registry *mailbox.Registry
	store    *store.Store
	post     post
	now      func() time.Time
}

func (t trial) run(ctx context.Context, actor audit.Actor, address string) ([]mailboxes.Tried, error) {
	identity, err := t.registry.Lend(ctx, address)
	if err != nil {
		return nil, err
	}
	if err := t.store.Record(ctx, audit.Entry{At: t.now(), Actor: actor, Action: audit.MailboxTried, Mailbox: identity.Address}); err != nil {
		return nil, err
	}
	key := mailboxes.Tried{
		OK: true, What: fault.Sentence{DA: "Nøglen", EN: "The key"}, Detail: fault.Sentence{DA: "signerer, og åbner det, der krypteres til den", EN: "signs, and opens what is encrypted for it"},
		Fix: fault.Sentence{DA: "Importér postkassens nøgle igen.", EN: "Import the mailbox's key again."},
	}
	if opens := opensItsOwn(identity) == nil; !opens {
		key.OK, key.Detail = false, fault.Sentence{DA: "kan ikke bruges", EN: "cannot be used"}
		return []mailboxes.Tried{key}, nil
	}
	report, err := prove(ctx, t.post, identity, "Send sikker: prøvemail / test mail", trialSize)
	if err != nil {
		return nil, err
	}
	lines := []mailboxes.Tried{key}
	for _, l := range report.Lines {
		lines = append(lines, mailboxes.Tried{OK: l.OK, What: l.What, Detail: l.Detail, Fix: l.Fix})
	}
	return lines, nil
}

// opensItsOwn seals a word for the mailbox and opens it again, in memory.
func opensItsOwn(identity mailbox.Identity) error {
	var sealed bytes.Buffer
	w, err := smime.Seal(smime.Compat(), smime.Signer{Certificate: identity.Certificate, Chain: identity.Chain, Key: identity.Key}, time.Now(),
		smime.Envelope{Recipients: []*x509.Certificate{identity.Certificate}, To: &sealed})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "Content-Type: text/plain\r\n\r\nx\r\n"); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	opened, err := smime.Open(&sealed, []smime.Key{{Certificate: identity.Certificate, Private: identity.Key}}, smime.OpenOptions{Now: time.Now(), MaxSize: smime.DefaultMaxSize})
	if opened == nil {
		return err
	}
	return errors.Join(err, opened.Close())
}
