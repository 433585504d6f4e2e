package ledger

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/store"
)

// Format is the form of an export.
type Format string

const (
	JSONLines Format = "ndjson" // application/x-ndjson: can be verified
	CSV       Format = "csv"    // text/csv: for people with a spreadsheet
)

// Selection is what to export.
type Selection struct {
	store.AuditFilter
	After uint64 // the last row of the export before; 0 is from the beginning
	Limit int    // rows that are shown at most; 0 is all
}

// Export writes the log, or what the selection holds of it, for somebody, and logs that: it is full of people. Rows that were committed
// by now are in it. It holds some hundred rows in memory, however many there are.
func (l *Ledger) Export(ctx context.Context, actor audit.Actor, to io.Writer, format Format, s Selection) error {
	err := l.Store.Record(ctx, audit.Entry{At: l.Now(), Actor: actor, Action: audit.LogExported, Mailbox: s.Mailbox, Detail: map[string]any{
		"format": format, "filter": s.filter(), "after": s.After, "limit": s.Limit,
	}})
	if err != nil {
		return fmt.Errorf("logging an export: %w", err)
	}
	return l.write(ctx, to, format, s)
}

// Verify holds the log against itself, as a file of it would be.
func (l *Ledger) Verify(ctx context.Context, trust chain.Trust) (chain.Report, error) {
	from, to := io.Pipe()
	go func() { _ = to.CloseWithError(l.write(ctx, to, JSONLines, Selection{})) }() // CloseWithError never fails
	report, err := chain.Verify(from, trust)
	return report, errors.Join(err, from.Close())
}

// VerifyNewest is Verify for the newest rows alone, and puts no row into the chain: it writes nothing, where the log has been signed
// before.
func (l *Ledger) VerifyNewest(ctx context.Context, trust chain.Trust, rows uint64) (chain.Report, error) {
	state, err := l.Store.AuditState(ctx)
	if err != nil {
		return chain.Report{}, err
	}
	after := state.Begins
	if state.Sequence > rows {
		after = max(after, state.Sequence-rows)
	}
	from, to := io.Pipe()
	go func() { _ = to.CloseWithError(l.lines(ctx, to, Selection{}, after, state.Sequence, state)) }() // CloseWithError never fails
	report, err := chain.Verify(from, trust)
	return report, errors.Join(err, from.Close())
}

func (l *Ledger) write(ctx context.Context, to io.Writer, format Format, s Selection) error {
	if err := l.Append(ctx); err != nil {
		return err
	}
	state, err := l.Store.AuditState(ctx)
	if err != nil {
		return err
	}
	after, last := max(s.After, state.Begins), state.Sequence
	if after > last {
		after = last
	}
	if s.AuditFilter != (store.AuditFilter{}) {
		first, end, found, err := l.Store.AuditSpan(ctx, s.AuditFilter, after)
		if err != nil {
			return err
		}
		if found {
			after, last = first-1, end
		} else {
			last = after
		}
	}
	if format == CSV {
		table, err := chain.NewTable(to)
		if err != nil {
			return err
		}
		_, err = l.each(ctx, s, after, last, table.Entry, func(chain.Row, chain.Link) error { return nil }, func(chain.Checkpoint) error { return nil })
		return errors.Join(err, table.Flush())
	}
	return l.lines(ctx, to, s, after, last, state)
}

func (l *Ledger) lines(ctx context.Context, to io.Writer, s Selection, after, last uint64, state store.AuditState) error {
	key, err := l.signer(ctx) // first: a file that cannot be signed is not begun
	if err != nil {
		return err
	}
	stored, err := l.Store.AuditKeys(ctx)
	if err != nil {
		return err
	}
	var keys []ed25519.PublicKey
	for _, k := range stored {
		keys = append(keys, k.Public)
	}
	start, err := l.Store.AuditHash(ctx, after)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // a row that somebody took away: the file will say so
		return err
	}
	w, err := chain.NewWriter(to, after, start, keys, s.filter())
	if err != nil {
		return err
	}
	whole, err := l.each(ctx, s, after, last, w.Entry, w.Omit, w.Checkpoint)
	if err != nil {
		return err
	}
	if !whole && last == state.Sequence {
		w.Lack(last, state.Hash)
	}
	return w.Close(l.Now(), key)
}

func (s Selection) filter() chain.Filter {
	return chain.Filter{Since: stamp(s.Since), Until: stamp(s.Until), Mailbox: s.Mailbox, Actor: s.Actor, Action: s.Action}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// each goes through the rows after one up to the last, with the checkpoints in their places. It is not whole where rows at the end are
// not there.
func (l *Ledger) each(ctx context.Context, s Selection, after, last uint64, show, omit func(chain.Row, chain.Link) error, checkpoint func(chain.Checkpoint) error) (whole bool, err error) {
	number, shown := uint64(0), 0
	signed := func(from, to uint64) error {
		for {
			list, err := l.Store.Checkpoints(ctx, from, to, batch, number)
			if err != nil {
				return err
			}
			for _, c := range list {
				if err := checkpoint(c); err != nil {
					return err
				}
				number = c.Number
			}
			if len(list) < batch {
				return nil
			}
		}
	}
	if err := signed(after, after); err != nil {
		return false, err
	}
	for after < last {
		rows, err := l.Store.AuditRange(ctx, after, last, batch)
		if err != nil {
			return false, err
		}
		if len(rows) == 0 {
			return false, signed(after+1, last)
		}
		marks, err := l.Store.Checkpoints(ctx, rows[0].Sequence, rows[len(rows)-1].Sequence, batch, number)
		if err != nil {
			return false, err
		}
		for _, r := range rows {
			write := omit
			if s.Matches(r.Row) {
				write = show
				shown++
			}
			if err := write(r.Row, r.Link); err != nil {
				return false, err
			}
			if len(marks) > 0 && marks[0].Sequence <= r.Sequence {
				if err := signed(marks[0].Sequence, r.Sequence); err != nil {
					return false, err
				}
				for len(marks) > 0 && marks[0].Sequence <= r.Sequence {
					marks = marks[1:]
				}
			}
			if s.Limit > 0 && shown == s.Limit {
				return true, nil
			}
		}
		after = rows[len(rows)-1].Sequence
	}
	return true, nil
}
