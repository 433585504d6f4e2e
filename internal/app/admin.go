package app

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"text/tabwriter"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// atData is a command that works on the database, beside a running service or without one.
type atData struct{ config.Storage }

func (a atData) open(ctx context.Context) (*store.Store, *keeper.Keeper, error) {
	return openVault(ctx, a.Database(), a.MasterKey(), time.Now)
}

func (a atData) with(ctx context.Context, do func(*store.Store, mailbox.Admin) error) error {
	s, k, err := a.open(ctx)
	if err != nil {
		return err
	}
	err = do(s, mailbox.Admin{Store: s, Keeper: k, Now: time.Now, Actor: operator()})
	return errors.Join(err, s.Close(), k.Close())
}

// operator is who runs the command, as this machine knows them.
func operator() audit.Actor {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return audit.Actor{Kind: "operator", ID: name}
}

type mailboxCommand struct {
	Add  mailboxAdd  `cmd:"" help:"Add a function mailbox, or give one a new key and certificate."`
	List mailboxList `cmd:"" help:"List function mailboxes, their certificates and who may send as them."`

	Appoint mailboxAppoint `cmd:"" help:"Make a person or an Entra group local administrator of a mailbox: on the administrators' page they see what belongs to it."`
	Dismiss mailboxDismiss `cmd:"" help:"Take that back."`
}

type mailboxAdd struct {
	atData
	Address     string `arg:"" help:"The mailbox's address, such as sikkermail@unit.example.dk."`
	Name        string `required:"" help:"The name that recipients see."`
	Certificate string `required:"" help:"PEM certificate, its issuers after it." type:"existingfile" placeholder:"FILE"`
	Key         string `required:"" help:"PEM private key, not encrypted. It is stored encrypted; delete the file afterwards." type:"existingfile" placeholder:"FILE"`

	Undo time.Duration `env:"-" default:"10s" help:"How long a sender may take a mail back before it is sent: 0s to 5m." placeholder:"TIME"`
}

// Run adds the mailbox.
func (c *mailboxAdd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.Certificate)
	if err != nil {
		return err
	}
	leaf, chain, err := mailbox.ReadCertificates(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Certificate, err)
	}
	if text, err = os.ReadFile(c.Key); err != nil {
		return err
	}
	key, err := mailbox.ReadKey(text)
	clear(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Key, err)
	}
	err = c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error {
		return admin.Put(ctx, mailbox.New{Address: c.Address, Name: c.Name, Certificate: leaf, Chain: chain, Key: key, Undo: c.Undo})
	})
	if err != nil {
		return err
	}
	print := mailbox.Fingerprint(leaf)
	fmt.Printf("%s is in place.\nCertificate SHA-256 %s\nNext: sendsikker grant add %s --person | --group | --application ID\n",
		mailbox.Canonical(c.Address), hex.EncodeToString(print[:]), mailbox.Canonical(c.Address))
	return nil
}

type mailboxList struct{ atData }

// Run lists the mailboxes.
func (c *mailboxList) Run(ctx context.Context) error {
	return c.with(ctx, func(s *store.Store, _ mailbox.Admin) error {
		list, err := s.Mailboxes(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "ADDRESS\tNAME\tCERTIFICATE VALID TO\tMAY SEND")
		for _, m := range list {
			leaf, err := x509.ParseCertificate(m.Certificate)
			if err != nil {
				return fmt.Errorf("reading the certificate of %s: %w", m.Address, err)
			}
			grants, err := s.Grants(ctx, m.ID)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t", m.Address, m.Name, leaf.NotAfter.Format(time.DateOnly))
			for i, g := range grants {
				if i > 0 {
					_, _ = fmt.Fprint(table, ", ")
				}
				_, _ = fmt.Fprintf(table, "%s %s", g.Kind, g.Subject)
			}
			_, _ = fmt.Fprintln(table)
		}
		return table.Flush()
	})
}

type grantCommand struct {
	Add    grantAdd    `cmd:"" help:"Let a person, an Entra group or an application send as a function mailbox."`
	Remove grantRemove `cmd:"" help:"Take that right away."`
}

type grantArgs struct {
	atData
	Address     string `arg:"" help:"The function mailbox."`
	Person      string `xor:"who" required:"" help:"Object id of a person." placeholder:"GUID"`
	Group       string `xor:"who" required:"" help:"Object id of an Entra group." placeholder:"GUID"`
	Application string `xor:"who" required:"" help:"Client id of an application." placeholder:"GUID"`
}

func (g grantArgs) grant() store.Grant {
	switch {
	case g.Person != "":
		return store.Grant{Kind: "person", Subject: g.Person}
	case g.Group != "":
		return store.Grant{Kind: "group", Subject: g.Group}
	}
	return store.Grant{Kind: "application", Subject: g.Application}
}

type grantAdd struct{ grantArgs }

// Run gives the right.
func (c *grantAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Grant(ctx, c.Address, c.grant()) })
}

type grantRemove struct{ grantArgs }

// Run takes the right away.
func (c *grantRemove) Run(ctx context.Context) error {
	return c.with(ctx, func(_ *store.Store, admin mailbox.Admin) error { return admin.Revoke(ctx, c.Address, c.grant()) })
}
