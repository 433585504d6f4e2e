package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
)

type mailboxCommand struct {
	Add     mailboxAdd     `cmd:"" aliases:"import" help:"Add a function mailbox by its key and certificate, or give one that is here new ones."`
	Request mailboxRequest `cmd:"" help:"Make a key that stays here, and the request that an authority certifies it by."`
	Show    mailboxShow    `cmd:"" help:"Show one mailbox: its settings, its keys, and who may send as it."`
	Set     mailboxSet     `cmd:"" help:"Change what is decided of a mailbox."`
	Drop    mailboxDrop    `cmd:"" help:"Take back a key that has not signed: a request, or a plan."`
	Open    mailboxOpen    `cmd:"" help:"Open a sealed mail to a mailbox, an old one too."`
	List    mailboxList    `cmd:"" help:"List function mailboxes, their certificates and who may send as them."`

	Appoint mailboxAppoint `cmd:"" help:"Make a person or an Entra group local administrator of a mailbox: on the administrators' page they see what belongs to it."`
	Dismiss mailboxDismiss `cmd:"" help:"Take that back."`
}

// withMailboxes is a command that changes mailboxes and judges certificates by the service's own settings.
type withMailboxes struct{ withShelf }

func (w *withMailboxes) admin(ctx context.Context, console console, do func(admin mailbox.Admin) error) error {
	return w.openAll(ctx, console, func(f *finders, s *store.Store, k *keeper.Keeper) error {
		d, err := devicesFrom(w.Storage).open()
		if err != nil {
			return err
		}
		return errors.Join(do(mailbox.Admin{Store: s, Keeper: k, Devices: d, Judge: f.judge, Now: time.Now, Actor: operator()}), d.close())
	})
}

type mailboxAdd struct {
	withMailboxes
	withPassword
	Address     string    `arg:"" help:"The mailbox's address, such as sikkermail@unit.example.dk."`
	Name        string    `env:"-" help:"The name that recipients see. A new mailbox needs one."`
	Key         string    `env:"-" help:"File with the private key: .p12, .pfx or PEM; its certificate and issuers may be in it. The key is stored encrypted; delete the file afterwards." type:"existingfile" placeholder:"FILE"`
	Certificate string    `env:"-" help:"File with the certificate and its issuers, where they are in another: an authority's answer to mailbox request, say." type:"existingfile" placeholder:"FILE"`
	Reference   string    `env:"-" help:"Instead of --key, where the private key stays: azurekeyvault://VAULT.vault.azure.net/keys/NAME/VERSION, or pkcs11:token=LABEL;object=LABEL. The PIN is a setting (pkcs11-pin-file)." placeholder:"REF"`
	From        time.Time `env:"-" help:"When it begins to sign (RFC 3339, such as 2026-11-01T08:00:00+01:00). Now, if left out." placeholder:"TIME"`
	Accept      []string  `env:"-" help:"Codes of what was found and is accepted, such as wrong_address. They are logged." placeholder:"CODE"`

	Undo *time.Duration `env:"-" help:"How long a sender may take a mail back before it is sent: 0s to 5m. 10s, where nothing was decided." placeholder:"TIME"`
}

// Validate is called by kong.
func (c *mailboxAdd) Validate() error {
	if c.Key == "" && c.Certificate == "" {
		return errors.New("give --key, --certificate or both")
	}
	if c.Reference != "" && (c.Key != "" || c.Certificate == "") {
		return errors.New("give --reference with --certificate alone: the key stays where it is")
	}
	return nil
}

// Run adds the mailbox.
func (c *mailboxAdd) Run(ctx context.Context, console console) error {
	password, err := c.password()
	if err != nil {
		return err
	}
	var files [][]byte
	for _, name := range []string{c.Key, c.Certificate} {
		if name == "" {
			continue
		}
		file, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		defer clear(file)
		files = append(files, file)
	}
	return c.admin(ctx, console, func(admin mailbox.Admin) error {
		h, err := admin.Import(ctx, mailbox.Import{Address: c.Address, Files: files, Password: password, Reference: c.Reference})
		if err != nil {
			return err
		}
		if _, err = admin.PutToUse(ctx, c.Address, h.ID, mailbox.Use{Name: c.Name, From: c.From, Accept: c.Accept}); err != nil {
			for _, f := range h.Found {
				fmt.Fprintf(console.err, "%s: %s\n", f.Code, f.Say.EN)
			}
			if len(h.Found) > 0 {
				fmt.Fprintln(console.err, "Where that is accepted, say so with --accept CODE.")
			}
			return errors.Join(inOurWords(err), inOurWords(admin.Drop(ctx, c.Address, h.ID)))
		}
		if err := c.setUndo(ctx, admin); err != nil {
			return err
		}
		for _, w := range h.Warnings {
			fmt.Fprintln(console.err, w.EN)
		}
		when := "is in place"
		if c.From.After(time.Now()) {
			when = "changes its key at " + c.From.Format(time.RFC3339)
		}
		fmt.Fprintf(console.out, "%s %s.\nCertificate SHA-256 %s\nCompare it with what the issuer says. Next: sendsikker grant add %s --person | --group | --application ID\n",
			h.Address, when, h.Fingerprint, h.Address)
		return nil
	})
}

func (c *mailboxAdd) setUndo(ctx context.Context, admin mailbox.Admin) error {
	if c.Undo == nil {
		return nil
	}
	s, err := admin.Settings(ctx, c.Address)
	if err != nil {
		return err
	}
	s.Undo = *c.Undo
	return admin.Set(ctx, c.Address, s)
}

type mailboxRequest struct {
	atData
	Address      string `arg:"" help:"The mailbox's address."`
	Name         string `env:"-" required:"" help:"The unit, as the certificate is to name it."`
	Organisation string `env:"-" help:"The organisation, as the certificate is to name it."`
	Kind         string `env:"-" default:"rsa-3072" enum:"rsa-3072,p-256" help:"The key that is made here: rsa-3072, which every program can use, or p-256."`
	Reference    string `env:"-" help:"Instead, a key that stays in a device, as mailbox add has it." placeholder:"REF"`
	Out          string `env:"-" help:"File for the request. Without it, standard output." type:"path" placeholder:"FILE"`
}

// Run requests.
func (c *mailboxRequest) Run(ctx context.Context, console console) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error {
		text, err := admin.Request(ctx, mailbox.Request{Address: c.Address, Name: c.Name, Organisation: c.Organisation, Kind: c.Kind, Reference: c.Reference})
		if err != nil {
			return err
		}
		if c.Out == "" {
			_, err = console.out.Write(text)
		} else {
			err = os.WriteFile(c.Out, text, 0o644)
		}
		fmt.Fprintf(console.err, "Send it to the authority, and import its answer: sendsikker mailbox add %s --certificate FILE\n", mailbox.Canonical(c.Address))
		return err
	})
}

type mailboxSet struct {
	atData
	Address    string         `arg:"" help:"The mailbox's address."`
	Name       *string        `env:"-" help:"The name that recipients see."`
	Undo       *time.Duration `env:"-" help:"How long a sender may take a mail back before it is sent: 0s to 5m." placeholder:"TIME"`
	Language   *string        `env:"-" enum:"da,en,sender" help:"Language of receipts and reports: da, en, or sender, which is the one of who sent."`
	Receipts   *bool          `env:"-" negatable:"" help:"Whether a receipt comes for what was sent. Error reports always come."`
	Enabled    *bool          `env:"-" negatable:"" help:"Whether anybody may send as it."`
	PerMinute  *int           `env:"-" help:"Most copies a minute; 0 is the limit for all." placeholder:"N"`
	Recipients *int           `env:"-" help:"Most recipients a day; 0 is the limit for all." placeholder:"N"`
}

// Run sets.
func (c *mailboxSet) Run(ctx context.Context) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error {
		s, err := admin.Settings(ctx, c.Address)
		if err != nil {
			return err
		}
		given(&s.Name, c.Name)
		given(&s.Undo, c.Undo)
		given(&s.Language, c.Language)
		given(&s.PerMinute, c.PerMinute)
		given(&s.Recipients, c.Recipients)
		if s.Language == "sender" {
			s.Language = ""
		}
		if c.Receipts != nil {
			s.NoReceipts = !*c.Receipts
		}
		if c.Enabled != nil {
			s.Disabled = !*c.Enabled
		}
		return admin.Set(ctx, c.Address, s)
	})
}

// given changes what a flag was given for.
func given[T any](what, flag *T) {
	if flag != nil {
		*what = *flag
	}
}

type mailboxDrop struct {
	atData
	Address string `arg:"" help:"The mailbox's address."`
	ID      string `arg:"" help:"As mailbox show has it."`
}

// Run drops.
func (c *mailboxDrop) Run(ctx context.Context) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Drop(ctx, c.Address, c.ID) })
}

type mailboxOpen struct {
	atData
	Address string `arg:"" help:"The mailbox that the mail was sealed for."`
	smimeFiles
	Layers bool `env:"-" help:"Show the layers alone, and do not write what is inside."`
}

// Help is shown by --help.
func (mailboxOpen) Help() string {
	return "As smime open, by the mailbox's own keys: the one in use, and all before it."
}

// Run opens.
func (c *mailboxOpen) Run(ctx context.Context, console console) error {
	s, k, err := c.open(ctx)
	if err != nil {
		return err
	}
	d, err := devicesFrom(c.Storage).open()
	if err != nil {
		return errors.Join(err, s.Close(), k.Close())
	}
	defer func() { _ = d.close() }() // the mail is opened by then, or not
	all, err := mailbox.NewRegistry(mailbox.Deps{Store: s, Keeper: k, Devices: d, Now: time.Now}).Keys(ctx, c.Address)
	if err := errors.Join(inOurWords(err), s.Close(), k.Close()); err != nil {
		return err
	}
	keys := make([]smime.Key, len(all))
	for i, one := range all {
		keys[i] = smime.Key{Certificate: one.Certificate, Private: one.Key}
	}
	opener := smimeOpen{smimeFiles: c.smimeFiles, Layers: c.Layers}
	return opener.with(ctx, console, keys)
}

type mailboxList struct{ atData }

// Run lists the mailboxes.
func (c *mailboxList) Run(ctx context.Context, console console) error {
	return c.with(ctx, func(s *store.Store, _ mailbox.Admin) error {
		list, err := s.Mailboxes(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(console.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "ADDRESS\tNAME\tCERTIFICATE VALID TO\tSTATE\tMAY SEND")
		for _, m := range list {
			grants, err := s.Grants(ctx, m.ID)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", m.Address, m.Name, validTo(m.Certificate), openOrClosed(m), strings.Join(inWordsOf(grants), ", "))
		}
		return table.Flush()
	})
}

func openOrClosed(m store.Mailbox) string {
	if m.Disabled {
		return "closed"
	}
	return "open"
}

func inWordsOf(grants []store.Grant) []string {
	words := make([]string, len(grants))
	for i, g := range grants {
		words[i] = g.Kind + " " + g.Subject
	}
	return words
}

// validTo is "unreadable" for what is no certificate: a list shows the others all the same.
func validTo(der []byte) string {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return "unreadable"
	}
	return c.NotAfter.Format(time.DateOnly)
}

type mailboxShow struct {
	atData
	Address string `arg:"" help:"The mailbox's address."`
}

// Run shows.
func (c *mailboxShow) Run(ctx context.Context, console console) error {
	return c.with(ctx, func(s *store.Store, admin mailbox.Admin) error {
		o, err := admin.Overview(ctx, c.Address)
		if err != nil {
			return err
		}
		if m := o.Mailbox; m != nil {
			fmt.Fprintf(console.out, "%s, %s (%s)\nUndo %v, receipts %v, language %q, %d copies a minute, %d recipients a day (0: the limit for all)\n\n", m.Address, m.Name, openOrClosed(*m),
				m.Undo, !m.NoReceipts, m.Language, m.PerMinute, m.Recipients)
		}
		table := tabwriter.NewWriter(console.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "KEY\tVALID TO\tFROM\tUNTIL\tSHA-256\tWHERE\tID")
		for _, k := range o.Keys {
			valid, print := "-", "-"
			if k.Certificate != nil {
				valid, print = k.Certificate.NotAfter.Format(time.DateOnly), k.Fingerprint
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.State, valid, dayOf(k.From), dayOf(k.Ended), print, cmp.Or(k.Reference, "here, encrypted"), k.ID)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		for _, g := range o.Grants {
			fmt.Fprintf(console.out, "\n%s %s may send as it", g.Kind, g.Subject)
		}
		fmt.Fprintln(console.out)
		return nil
	})
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}
