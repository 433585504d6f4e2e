package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteConnections is how many may be open at once. SQLite has one writer; the others read beside it (WAL).
const sqliteConnections = 4

// sqliteFile is a database in a file, for one machine.
type sqliteFile struct {
	db   *sql.DB
	path string
}

func openSQLite(path string) (dialect, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the database: %w", err)
	}
	// Pragmas stand in the DSN because each pooled connection needs them. busy_timeout first, so that setting the others can
	// wait its turn. synchronous FULL: an accepted message survives a power cut. secure_delete: what is erased is overwritten.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate" +
		"&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(ON)&_pragma=secure_delete(ON)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.SetMaxOpenConns(sqliteConnections)
	return &sqliteFile{db: db, path: path}, nil
}

func (*sqliteFile) name() string                         { return "sqlite" }
func (*sqliteFile) numbered() bool                       { return false }
func (f *sqliteFile) pool() *sql.DB                      { return f.db }
func (f *sqliteFile) queue() riverdriver.Driver[*sql.Tx] { return riversqlite.New(f.db) }
func (f *sqliteFile) close() error                       { return f.db.Close() }

func (*sqliteFile) migration() (goose.Dialect, []goose.ProviderOption, error) {
	return goose.DialectSQLite3, nil, nil
}

// alone: the file belongs to one machine, and whoever starts there twice waits for the writer's lock.
func (*sqliteFile) alone(_ context.Context, do func() error) error { return do() }

func (f *sqliteFile) settle() error {
	if err := os.Chmod(f.path, 0o600); err != nil {
		return fmt.Errorf("closing the database to others: %w", err)
	}
	return nil
}

// snapshot: VACUUM INTO reads within one transaction, so the copy is of one moment, and it is whole when the statement ends.
func (f *sqliteFile) snapshot(ctx context.Context, path string) error {
	_, err := f.db.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

func (*sqliteFile) isDuplicate(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// readOnly: a transaction that could change nothing has not begun.
func (*sqliteFile) readOnly() string { return "SELECT FALSE" }

// lock: a transaction here begins with the writer's lock, and nobody else can change anything.
func (*sqliteFile) lock(string) string { return "" }

func (f *sqliteFile) damage(ctx context.Context) ([]string, error) {
	rows, err := f.db.QueryContext(ctx, "PRAGMA integrity_check")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		if line != "ok" {
			found = append(found, line)
		}
	}
	return found, rows.Err()
}

// jobArgument: River keeps them as SQLite's binary JSON.
func (*sqliteFile) jobArgument(name string) string { return "json_extract(j.args, '$." + name + "')" }

func (*sqliteFile) domain(column string) string {
	return "substr(" + column + ", instr(" + column + ", '@') + 1)"
}
