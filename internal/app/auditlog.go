package app

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/mailbox"
)

type auditCommand struct {
	Export auditExport `cmd:"" help:"Write the audit log, or a part of it, as a file."`
	Verify auditVerify `cmd:"" help:"Find every line of such a file that is missing, altered, moved or put in. Needs nothing but the file."`
	State  auditState  `cmd:"" help:"Show how far the log is chained, when it was signed, and the public key to note down."`
}

// withLedger opens the log. What it does by itself is logged nowhere: who runs the command sees it.
func (a atData) withLedger(ctx context.Context, do func(*ledger.Ledger) error) error {
	s, k, err := a.open(ctx)
	if err != nil {
		return err
	}
	err = do(ledger.New(ledger.Deps{Store: s, Keeper: k, Now: time.Now, Log: slog.New(slog.DiscardHandler)}))
	return errors.Join(err, s.Close(), k.Close())
}

type auditExport struct {
	atData
	Since   string `env:"-" help:"From this time on: 2026-11-27, or 2026-11-27T08:00:00+01:00. A date is its beginning in Denmark." placeholder:"TIME"`
	Until   string `env:"-" help:"Before this time." placeholder:"TIME"`
	Mailbox string `env:"-" help:"Of this function mailbox." placeholder:"ADDRESS"`
	Actor   string `env:"-" help:"By this person, program or operator." placeholder:"ID"`
	Action  string `env:"-" help:"Of this kind, such as grant_put." placeholder:"ACTION"`
	Format  string `env:"-" default:"ndjson" enum:"ndjson,csv" help:"ndjson, which can be verified, or csv for a spreadsheet."`
}

// Run writes to the standard output.
func (c *auditExport) Run(ctx context.Context, console console) error {
	selection := ledger.Selection{}
	var err, err2 error
	selection.Since, err = readTime(c.Since)
	selection.Until, err2 = readTime(c.Until)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	selection.Mailbox, selection.Actor, selection.Action = mailbox.Canonical(c.Mailbox), c.Actor, c.Action
	out := bufio.NewWriter(console.out)
	err = c.withLedger(ctx, func(l *ledger.Ledger) error {
		return l.Export(ctx, operator(), out, ledger.Format(c.Format), selection)
	})
	return errors.Join(err, out.Flush())
}

// readTime takes a time or a date; "" is none.
func readTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return t, fmt.Errorf("%q is neither a date such as 2026-11-27 nor a time such as 2026-11-27T08:00:00Z", text)
	}
	return t, nil
}

type auditVerify struct {
	atData
	File string   `arg:"" optional:"" help:"As 'audit export' writes it; - is the standard input. Without it, the log in the database here."`
	Key  []string `env:"-" sep:"none" help:"The public key that must have signed, as you noted it down. Without it, the file's own is believed." placeholder:"PUBLIC"`
	Head string   `env:"-" help:"A row that you noted down elsewhere: its sequence and hash, such as 1207:ab12…" placeholder:"N:HASH"`
}

// Run names what is wrong. The error is the exit status.
func (c *auditVerify) Run(ctx context.Context, console console) error {
	trust, err := c.trust()
	if err != nil {
		return err
	}
	var report chain.Report
	switch c.File {
	case "":
		err = c.withLedger(ctx, func(l *ledger.Ledger) error {
			report, err = l.Verify(ctx, trust)
			return err
		})
	case "-":
		report, err = chain.Verify(console.in, trust)
	default:
		report, err = verifyFile(c.File, trust)
	}
	if err != nil {
		return fmt.Errorf("reading the log: %w", err)
	}
	tellReport(console.out, report)
	if !report.Whole() {
		return fmt.Errorf("the log is not whole: %d findings", len(report.Findings)+report.More)
	}
	return nil
}

func (c *auditVerify) trust() (t chain.Trust, err error) {
	for _, text := range c.Key {
		key, err := chain.ParseKey(text)
		if err != nil {
			return t, fmt.Errorf("--key: %w", err)
		}
		t.Keys = append(t.Keys, key)
	}
	if c.Head == "" {
		return t, nil
	}
	number, text, _ := strings.Cut(c.Head, ":")
	sequence, err := strconv.ParseUint(number, 10, 63)
	hash, err2 := hex.DecodeString(text)
	if err != nil || err2 != nil || len(hash) != len(chain.Hash{}) {
		return t, errors.New("--head is a sequence, a colon and a hash of 64 hexadecimal digits")
	}
	t.Known = &chain.Known{Sequence: sequence, Hash: chain.Hash(hash)}
	return t, nil
}

func verifyFile(path string, trust chain.Trust) (chain.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return chain.Report{}, err
	}
	report, err := chain.Verify(f, trust)
	return report, errors.Join(err, f.Close())
}

func tellReport(out io.Writer, r chain.Report) {
	for _, f := range r.Findings {
		fmt.Fprintln(out, "✗", f)
	}
	if r.More > 0 {
		fmt.Fprintf(out, "✗ and %d more\n", r.More)
	}
	fmt.Fprintf(out, "%d lines: %d rows as they were written (%d of them with the detail erased after its time), %d left out by a filter, %d checkpoints.\n",
		r.Lines, r.Entries, r.Erased, r.Omitted, r.Checkpoints)
	if !r.Whole() {
		return
	}
	fmt.Fprintf(out, "✓ Whole, from after sequence %d to sequence %d, hash %s.\n", r.After, r.To, r.Last)
	fmt.Fprintf(out, "✓ Signed when it was made, %s, by key %s.\n", r.SignedAt.Format(time.RFC3339), strings.Join(r.Keys, ", "))
	if r.OwnKey {
		fmt.Fprintln(out, "! The key is the file's own: whoever made another file could have made another key. Compare it with the one that you noted down, or give that as --key.")
	}
	if r.After > 0 {
		fmt.Fprintf(out, "! Rows up to %d are not in this file: it is a part of the log, or the log has been shortened after its time.\n", r.After)
	}
}

type auditState struct{ atData }

// Run shows it.
func (c *auditState) Run(ctx context.Context, console console) error {
	return c.withLedger(ctx, func(l *ledger.Ledger) error {
		s, err := l.State(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(console.out, "Chained to sequence %d, hash %s\nRows that wait for the chain: %d\n", s.Sequence, s.Hash, s.Waiting)
		if s.Begins > 0 {
			fmt.Fprintf(console.out, "The log begins after sequence %d: what was before has been removed after its time.\n", s.Begins)
		}
		if s.Signed.Number > 0 {
			fmt.Fprintf(console.out, "Signed %s: checkpoint %d, to sequence %d, hash %s\n", s.Signed.At.Format(time.RFC3339), s.Signed.Number, s.Signed.Sequence, s.Signed.Hash)
		}
		for _, k := range s.Keys {
			fmt.Fprintf(console.out, "Public key %s  (%s, since %s)\n", k.Public, k.ID, k.Since.Format(time.DateOnly))
		}
		switch {
		case len(s.Keys) == 0:
			fmt.Fprintln(console.out, "! The log has never been signed. The service does it within a minute of its first start.")
		case s.Late, s.Stale:
			fmt.Fprintln(console.out, "! The log is not kept up: rows wait for long, or a day went without a signature. Is the service running?")
		default:
			fmt.Fprintln(console.out, "Note the key down where no administrator of this database can change it: that is what the log is verified against.")
		}
		return nil
	})
}
