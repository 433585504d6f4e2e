package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

type certCommand struct {
	Check   certCheck   `cmd:"" help:"Judge one certificate file, without the service."`
	Pin     certPin     `cmd:"" help:"Use a certificate for an address, or for everybody at a domain, whatever address stands in it."`
	List    certList    `cmd:"" help:"List recipients' certificates that are kept here."`
	Remove  certRemove  `cmd:"" help:"Take a certificate away."`
	Learn   certLearn   `cmd:"" help:"Learn the sender's certificate from a signed mail."`
	Approve certApprove `cmd:"" help:"Use a certificate that waits for a decision."`
	Recheck certRecheck `cmd:"" help:"Judge all of them again, as is done every night."`
}

type authorityCommand struct {
	List   authorityList   `cmd:"" help:"List the authorities that were decided on, beside those in the settings."`
	Add    authorityAdd    `cmd:"" help:"Let an authority vouch for recipients' certificates."`
	Remove authorityRemove `cmd:"" help:"Take that back."`
}

// withShelf is a command that works on the stored certificates, beside a running service or without one, and judges by the
// service's own settings.
type withShelf struct{ config.Finding }

func (w *withShelf) open(ctx context.Context, console console, do func(f *finders) error) error {
	return w.openAll(ctx, console, func(f *finders, _ *store.Store, _ *keeper.Keeper) error { return do(f) })
}

// openAll is open for a command that works on more than the certificates.
func (w *withShelf) openAll(ctx context.Context, console console, do func(f *finders, s *store.Store, k *keeper.Keeper) error) error {
	if err := w.Check(); err != nil {
		return fmt.Errorf("these settings need mending:\n%w", err)
	}
	settings, err := findingFrom(w.Finding)
	if err != nil {
		return fmt.Errorf("these settings need mending:\n%w", err)
	}
	s, k, err := openVault(ctx, w.Database(), w.MasterKey(), time.Now)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(console.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	f, err := settings.open(s, ownSource{s}, time.Now, log)
	if err == nil {
		err = errors.Join(f.shelf.Reload(ctx), inOurWords(do(f, s, k)), f.close())
	}
	return errors.Join(err, s.Close(), k.Close())
}

// inOurWords is the sentence of a fault, which a person can act on; the cause with it.
func inOurWords(err error) error {
	f, is := errors.AsType[*fault.Fault](err)
	if !is {
		return err
	}
	if f.Cause != nil {
		return fmt.Errorf("%s (%w)", f.Say.EN, f.Cause)
	}
	return errors.New(f.Say.EN)
}

type certPin struct {
	withShelf
	For   string `arg:"" help:"The recipient's address, or a domain: everybody there."`
	File  string `arg:"" help:"The certificate: .cer, .pem or .p7b." type:"existingfile"`
	Vouch bool   `env:"-" help:"Use it whoever issued it: you stand for it. Compare its fingerprint with the recipient first."`
}

// Run ties the certificate to the address.
func (c *certPin) Run(ctx context.Context, console console) error {
	file, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.open(ctx, console, func(f *finders) error {
		entry, verdict, err := f.shelf.Pin(ctx, operator(), shelf.Pinning{For: c.For, File: file, Vouch: c.Vouch})
		if err != nil {
			return err
		}
		fmt.Fprintf(console.out, "Pinned for %s.\nSHA-256 %s\n", entry.For, entry.Stored.Fingerprint)
		printVerdict(console, verdict)
		return nil
	})
}

type certList struct {
	withShelf
	For      string `env:"-" help:"Only those for this address or domain." placeholder:"ADDRESS"`
	Pending  bool   `env:"-" xor:"which" help:"Only those that wait for a decision."`
	Breaking bool   `env:"-" xor:"which" help:"Only those that cannot be used now, or not in thirty days, as the last check found."`
}

// Run lists.
func (c *certList) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error {
		q := store.CertificateQuery{Subject: c.For, Limit: shelf.MaxPage}
		if c.Pending || c.Breaking {
			q.Pending = &c.Pending
		}
		if c.Breaking {
			q.BreaksBefore = time.Now().Add(shelf.Warn)
		}
		table := tabwriter.NewWriter(console.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "FOR\tHOLDER\tVALID TO\tSOURCE\tSTATE\tLAST CHECK\tID")
		for {
			list, err := f.shelf.List(ctx, q)
			if err != nil {
				return err
			}
			for _, e := range list {
				q.After = e.ID
				_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.For, sending.Holder(e.Certificate), e.Certificate.NotAfter.Format(time.DateOnly), e.Source, state(e), lastCheck(e), e.ID)
			}
			if len(list) < shelf.MaxPage {
				return table.Flush()
			}
		}
	})
}

func state(e shelf.Entry) string {
	switch {
	case e.Pending != "":
		return "pending: " + string(e.Pending)
	case e.Vouched:
		return "used, vouched for"
	}
	return "used"
}

func lastCheck(e shelf.Entry) string {
	check := e.Stored.Check
	switch {
	case check.At.IsZero():
		return "-"
	case check.Code == string(trust.OK):
		return "good until " + check.BreaksAt.Format(time.DateOnly)
	}
	return check.Code
}

type certRemove struct {
	withShelf
	ID string `arg:"" help:"As cert list shows it."`
}

// Run removes.
func (c *certRemove) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error { return f.shelf.Delete(ctx, operator(), c.ID) })
}

type certApprove struct {
	withShelf
	ID        string `arg:"" help:"As cert list --pending shows it."`
	Authority bool   `env:"-" help:"Trust the authority that issued it as well, and all that it has issued and will."`
}

// Run approves.
func (c *certApprove) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error {
		how := shelf.ThisCertificate
		if c.Authority {
			how = shelf.ItsAuthority
		}
		entry, err := f.shelf.Approve(ctx, operator(), c.ID, how)
		if err != nil {
			return err
		}
		fmt.Fprintf(console.out, "In use for %s.\nSHA-256 %s\n", entry.For, entry.Stored.Fingerprint)
		return nil
	})
}

type certRecheck struct{ withShelf }

// Run judges all again.
func (c *certRecheck) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error {
		found, err := f.shelf.Recheck(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(console.out, "%d certificates: %d cannot be used now (%d of them could at the last check), %d end within thirty days.\nWhich: sendsikker cert list --breaking\n",
			found.Certificates, found.Broken, found.NewlyBroken, found.Soon)
		return nil
	})
}

type authorityList struct{ withShelf }

// Run lists.
func (c *authorityList) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error {
		list, err := f.shelf.Authorities(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(console.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "NAME\tVALID TO\tSHA-256")
		for _, a := range list {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", smime.DistinguishedName(a.Certificate.RawSubject), a.Certificate.NotAfter.Format(time.DateOnly), trust.Fingerprint(a.Certificate))
		}
		return table.Flush()
	})
}

type authorityAdd struct {
	withShelf
	File string `arg:"" help:"The authority's certificate: .cer or .pem." type:"existingfile"`
}

// Run adds.
func (c *authorityAdd) Run(ctx context.Context, console console) error {
	file, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.open(ctx, console, func(f *finders) error { return f.shelf.TrustAuthority(ctx, operator(), file) })
}

type authorityRemove struct {
	withShelf
	SHA256 string `arg:"" name:"sha256" help:"Its fingerprint, as authority list shows it."`
}

// Run removes.
func (c *authorityRemove) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error { return f.shelf.DistrustAuthority(ctx, operator(), c.SHA256) })
}
