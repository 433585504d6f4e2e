package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"aau.dk/sendsikker/internal/config"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

type grantWho struct {
	config.Config
	Address string `arg:"" help:"The function mailbox."`
}

// Run asks the directory by the service's own settings.
func (c *grantWho) Run(ctx context.Context, console console, assets Assets) error {
	if err := c.Check(os.Getenv); err != nil {
		return fmt.Errorf("these settings need mending:\n%w", err)
	}
	serve := serveCommand{Config: c.Config}
	w, err := serve.wiring(assets, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	outlook, err := w.outlook(nil)
	if err != nil {
		return err
	}
	s, k, err := openVault(ctx, w.Database, w.MasterKey, time.Now)
	if err != nil {
		return err
	}
	return errors.Join(inOurWords(who(ctx, console, s, book{outlook}, c.Address)), s.Close(), k.Close())
}

func who(ctx context.Context, console console, s *store.Store, directory mailbox.Book, address string) error {
	o, err := mailbox.Admin{Store: s}.Overview(ctx, address)
	if err != nil {
		return err
	}
	all := mailbox.WhoSends(ctx, directory, o.Grants)
	if all.Problem != nil {
		fmt.Fprintln(console.err, all.Problem.Say.EN)
	}
	table := tabwriter.NewWriter(console.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "WHO\tADDRESS\tWHY\tID")
	for _, p := range all.People {
		why := p.Groups
		if p.Direct {
			why = append([]string{"themselves"}, why...)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", cmp.Or(p.Name, "-"), cmp.Or(p.Address, "-"), strings.Join(why, ", "), p.ID)
	}
	for _, r := range all.Rights {
		switch {
		case r.Gone:
			_, _ = fmt.Fprintf(table, "-\t-\tno longer in the directory\t%s\n", r.Grant.Subject)
		case r.Kind == "group" && (r.More || all.Problem != nil):
			_, _ = fmt.Fprintf(table, "%s\t-\tmembers that are not listed\t%s\n", cmp.Or(r.Name, "-"), r.Grant.Subject)
		}
	}
	return table.Flush()
}
