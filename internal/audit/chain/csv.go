package chain

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// Table writes rows as CSV (RFC 4180), for people with a spreadsheet. It can be read and not verified: a cell is changed where a
// spreadsheet would take it for a formula.
type Table struct{ w *csv.Writer }

// NewTable writes the names of the columns.
func NewTable(to io.Writer) (*Table, error) {
	t := &Table{csv.NewWriter(to)}
	t.w.UseCRLF = true // RFC 4180 section 2
	return t, t.w.Write([]string{"sequence", "at", "actor_kind", "actor", "action", "mailbox", "message", "summary", "detail", "hash"})
}

// Entry writes a row.
func (t *Table) Entry(r Row, l Link) error {
	cells := []string{
		strconv.FormatUint(l.Sequence, 10), r.At.UTC().Format(timeFormat), r.ActorKind, r.ActorID, r.Action, r.Mailbox, r.MessageID,
		r.Summary, r.Detail, l.Hash.String(),
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return t.w.Write(cells)
}

// Flush writes what is held back.
func (t *Table) Flush() error {
	t.w.Flush()
	return t.w.Error()
}

// harmless is a cell that no spreadsheet calculates: what begins as a formula, with the characters that programs take for
// these or skip before them, gets an apostrophe in front (OWASP, CSV Injection). A mailbox may be called anything.
func harmless(cell string) string {
	if first := strings.TrimLeft(cell, " \u00a0\ufeff"); first != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(first)[0]) {
		return "'" + cell
	}
	return cell
}
