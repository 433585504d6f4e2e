package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/trust"
)

type recipientsCommand struct {
	Check recipientsCheck `cmd:"" help:"Show every certificate that is found for the addresses, from where, and why it is or is not used."`
}

type recipientsCheck struct {
	withShelf
	Address []string `arg:"" help:"Addresses of recipients."`
}

// Help is shown by --help.
func (recipientsCheck) Help() string {
	return "Asks every place that the service would ask, with the same settings. The exit status is 0 where mail can be encrypted for all of them, else 1."
}

var errNotAll = errors.New("mail cannot be encrypted for all of them")

// Run asks and tells.
func (c *recipientsCheck) Run(ctx context.Context, console console) error {
	return c.open(ctx, console, func(f *finders) error {
		missing := false
		for _, given := range c.Address {
			address, err := draft.Recipient(given)
			if err != nil {
				return fmt.Errorf("%q: %w", given, inOurWords(err))
			}
			explained, err := f.finder.Explain(ctx, address)
			if err != nil {
				return err
			}
			tell(console, explained)
			missing = missing || explained.Chosen == nil
		}
		if missing {
			return errNotAll
		}
		return nil
	})
}

func tell(console console, e certs.Explanation) {
	fmt.Fprintf(console.out, "%s\n  %s: %s\n", e.Address, e.Code, e.Say.EN)
	line := func(use string, judged certs.Judged) {
		shown := sending.Describe(judged.Candidate)
		fmt.Fprintf(console.out, "  %-8s %s\n           from %s, valid to %s, SHA-256 %s\n", use, shown.Subject, shown.Source, shown.ValidTo.Format(time.DateOnly), shown.SHA256)
		if !judged.Verdict.Good {
			fmt.Fprintf(console.out, "           %s: %s\n", judged.Verdict.Code, judged.Verdict.Say.EN)
			for _, r := range judged.Verdict.Evidence.Revocations {
				if r.Status == trust.StatusUnknown && r.Cause != nil {
					fmt.Fprintf(console.out, "           revocation unknown: %v\n", r.Cause)
				}
			}
		}
		for _, w := range judged.Verdict.Warnings {
			fmt.Fprintf(console.out, "           warning, %s: %s\n", w.Code, w.Say.EN)
		}
	}
	for _, judged := range e.Rejected {
		line("not used", judged)
	}
	if e.Chosen != nil {
		line("chosen", certs.Judged{Candidate: *e.Chosen, Verdict: e.Verdict})
		fmt.Fprintf(console.out, "           %s\n", e.Why.EN)
	}
	for _, judged := range e.Others {
		use := "not used"
		if e.Also != nil && e.Also.Candidate.Certificate.Equal(judged.Candidate.Certificate) {
			use = "also"
		}
		line(use, judged)
	}
	var asked []string
	for _, s := range e.Sources {
		switch {
		case s.Silent:
			asked = append(asked, s.Source+" did not answer")
		default:
			asked = append(asked, fmt.Sprintf("%s: %d", s.Source, s.Found))
		}
	}
	fmt.Fprintf(console.out, "  Asked: %s\n\n", strings.Join(asked, "; "))
}
