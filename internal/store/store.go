package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNotFound is the answer to a question about a row that does not exist.
var ErrNotFound = errors.New("no such row")

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// connections is how many may be open at once. SQLite has one writer; the others read beside it (WAL).
const connections = 4

// Store is an open database with its schema in place.
type Store struct {
	db     *sql.DB
	insert *river.Client[*sql.Tx] // inserts jobs in our transactions; works on none
	now    func() time.Time
}

// OpenSQLite opens (or makes) the database in a file, and brings its schema up to date.
func OpenSQLite(ctx context.Context, path string, now func() time.Time) (*Store, error) {
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
	db.SetMaxOpenConns(connections)
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("closing the database to others: %w", err), db.Close())
	}
	insert, err := river.NewClient(riversqlite.New(db), &river.Config{})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the job queue: %w", err), db.Close())
	}
	return &Store{db: db, insert: insert, now: now}, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	jobs, err := rivermigrate.New(riversqlite.New(db), nil)
	if err != nil {
		return fmt.Errorf("reading the queue's migrations: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating the queue: %w", err)
	}
	return nil
}

// Close lets go of the database.
func (s *Store) Close() error { return s.db.Close() }

// KeyVersions lists the versions of the master key that something in here is wrapped by.
func (s *Store) KeyVersions(ctx context.Context) ([]string, error) {
	return s.strings(ctx, `SELECT key_version FROM mailbox UNION SELECT key_version FROM message`)
}

// Ready says whether the database answers and can be written: a read-only one answers and is of no use.
func (s *Store) Ready(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { // immediate: it takes the write lock
		var one int
		return tx.QueryRowContext(ctx, "SELECT 1").Scan(&one)
	})
}

func (s *Store) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

func isDuplicate(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func toMillis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
