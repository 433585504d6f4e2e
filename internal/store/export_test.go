package store

import (
	"context"
	"fmt"
	"strings"
)

// Exec lets a test do what no code of ours does.
func (s *Store) Exec(ctx context.Context, query string) error {
	_, err := s.db.ExecContext(ctx, query)
	return err
}

// Plan is how the database would run a query, in its own words.
func (s *Store) Plan(ctx context.Context, query string, args ...any) (string, error) {
	explain := "EXPLAIN QUERY PLAN "
	if s.db.numbered {
		explain = "EXPLAIN "
	}
	rows, err := s.db.QueryContext(ctx, explain+query, args...)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var plan strings.Builder
	for rows.Next() {
		line := make([]any, len(columns))
		for i := range line {
			line[i] = new(any)
		}
		if err := rows.Scan(line...); err != nil {
			return "", err
		}
		fmt.Fprintln(&plan, *line[len(line)-1].(*any))
	}
	return plan.String(), rows.Err()
}

// HistoryQuery and PinnedQuery are what the preflight asks each time.
const HistoryQuery = historyQuery

func (s *Store) PinnedQuery(domains int) string { return pinnedQuery(s.dialect, domains) }

// Bytes is a literal of bytes.
func (s *Store) Bytes(text string) string {
	if s.db.numbered {
		return fmt.Sprintf(`'\x%x'::bytea`, text)
	}
	return fmt.Sprintf("x'%x'", text)
}
