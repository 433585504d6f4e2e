package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"aau.dk/sendsikker/internal/sandbox/exchange"
)

// table shows storms beside each other.
func table(columns []column) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, figure func(c column) string) {
		fmt.Fprint(w, name, "\t")
		for _, c := range columns {
			fmt.Fprint(w, figure(c), "\t")
		}
		fmt.Fprintln(w)
	}
	number := func(name string, of func(c column) int) {
		line(name, func(c column) string { return fmt.Sprint(of(c)) })
	}
	line("", func(c column) string { return c.name })
	number("messages accepted", func(c column) int { return c.messages })
	number("copies sent", func(c column) int { return c.copies })
	number("mails at the recipients", func(c column) int { return c.mail })
	line("", func(column) string { return "" })
	names, _ := column{}.must()
	for _, name := range names {
		number(name, func(c column) int { _, figures := c.must(); return figures[name] })
	}
	line("", func(column) string { return "" })
	number("SIGKILLs", func(c column) int { return c.kills })
	number("starts of a machine", func(c column) int { return c.starts })
	number("attempts at a copy", func(c column) int { return c.attempts })
	number("looks and receipts", func(c column) int { return c.looks })
	number("most calls to a mailbox at a time", func(c column) int { return c.busiest })
	answers, storms := map[string]bool{}, map[exchange.Storm]bool{}
	for _, c := range columns {
		for answer := range c.posts {
			answers[answer] = true
		}
		for s := range c.met {
			storms[s] = true
		}
	}
	for _, s := range slices.Sorted(maps.Keys(storms)) {
		number("Graph: "+string(s), func(c column) int { return c.met[s] })
	}
	for _, answer := range slices.Sorted(maps.Keys(answers)) {
		number("POST: "+answer, func(c column) int { return c.posts[answer] })
	}
	line("accepted after", func(c column) string { return c.posted.Round(time.Second / 10).String() })
	line("settled after", func(c column) string { return c.took.Round(time.Second / 10).String() })
	_ = w.Flush()
	return "\n" + out.String()
}
