package store

import "context"

// Exec lets a test do what no code of ours does.
func (s *Store) Exec(ctx context.Context, query string) error {
	_, err := s.db.ExecContext(ctx, query)
	return err
}
