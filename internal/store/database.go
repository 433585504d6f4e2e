package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// database and transaction take one spelling of every query: question marks. PostgreSQL numbers its parameters ($1, $2).
type database struct {
	*sql.DB
	numbered bool
}

type transaction struct {
	*sql.Tx
	numbered bool
}

func (d *database) begin(ctx context.Context) (*transaction, error) {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &transaction{Tx: tx, numbered: d.numbered}, nil
}

func (d *database) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.DB.ExecContext(ctx, spelt(query, d.numbered), args...)
}

func (d *database) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.DB.QueryContext(ctx, spelt(query, d.numbered), args...)
}

func (d *database) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.DB.QueryRowContext(ctx, spelt(query, d.numbered), args...)
}

func (t *transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.Tx.ExecContext(ctx, spelt(query, t.numbered), args...)
}

func (t *transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.Tx.QueryContext(ctx, spelt(query, t.numbered), args...)
}

func (t *transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.Tx.QueryRowContext(ctx, spelt(query, t.numbered), args...)
}

// spelt numbers the question marks. No query of ours has one in a literal, and a test looks.
func spelt(query string, numbered bool) string {
	if !numbered || !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		n++
		b.WriteString(part)
	}
	return b.String()
}
