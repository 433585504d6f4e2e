package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// Schema says which version the schema of the database has, and which this program brings it to. It changes nothing; a database that is not
// there is ErrNotFound.
func Schema(ctx context.Context, where string) (is, wanted int64, err error) {
	if !strings.Contains(where, "://") {
		if _, err := os.Stat(where); err != nil {
			return 0, 0, ErrNotFound
		}
	}
	d, err := dialectOf(where)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	files, err := fs.Sub(migrations, "migrations/"+d.name())
	if err != nil {
		return 0, 0, err
	}
	kind, _, err := d.migration() // without the lock: nothing is changed
	if err != nil {
		return 0, 0, err
	}
	provider, err := goose.NewProvider(kind, d.pool(), files)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the migrations: %w", err)
	}
	for _, s := range provider.ListSources() {
		wanted = max(wanted, s.Version)
	}
	err = d.pool().QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&is)
	if err != nil {
		return 0, wanted, fmt.Errorf("asking for the schema's version: %w", err)
	}
	return is, wanted, nil
}

// errUndone ends a transaction that was only to see whether it could be.
var errUndone = errors.New("not to be done")

// AuditLog says how many entries the log has and when the newest was made, and whether the database refuses to alter one.
func (s *Store) AuditLog(ctx context.Context) (entries int, newest time.Time, sealed bool, err error) {
	var at sql.NullInt64
	if err = s.db.QueryRowContext(ctx, `SELECT COUNT(*), MAX(at) FROM audit`).Scan(&entries, &at); err != nil || entries == 0 {
		return 0, time.Time{}, true, err
	}
	sealed = true
	err = s.inTx(ctx, func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `UPDATE audit SET at = at WHERE id = (SELECT MAX(id) FROM audit)`); err == nil {
			sealed = false
		}
		return errUndone
	})
	if errors.Is(err, errUndone) {
		err = nil
	}
	return entries, fromMillis(at.Int64), sealed, err
}
