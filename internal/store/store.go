package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivermigrate"
)

var errReadOnly = errors.New("the database is read-only")

// ErrNotFound is the answer to a question about a row that does not exist.
var ErrNotFound = errors.New("no such row")

//go:embed migrations/*/*.sql
var migrations embed.FS

// Store is an open database with its schema in place.
type Store struct {
	db      *database
	dialect dialect
	insert  *river.Client[*sql.Tx] // inserts jobs in our transactions; works on none
	now     func() time.Time
}

// Open opens the database that where names: a postgres:// address, or the path of an SQLite file, which is made where there is
// none. The schema is brought up to date, by one of those who start at the same time.
func Open(ctx context.Context, where string, now func() time.Time) (_ *Store, err error) {
	d, err := dialectOf(where)
	if err != nil {
		return nil, err
	}
	s := &Store{dialect: d, db: &database{DB: d.pool(), numbered: d.numbered()}, now: now}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.migrate(ctx); err != nil {
		return nil, err
	}
	if err := d.settle(); err != nil {
		return nil, err
	}
	if s.insert, err = river.NewClient(d.queue(), &river.Config{}); err != nil {
		return nil, fmt.Errorf("preparing the job queue: %w", err)
	}
	return s, nil
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect.name())
	if err != nil {
		return err
	}
	kind, options, err := s.dialect.migration()
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	provider, err := goose.NewProvider(kind, s.db.DB, files, options...)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	jobs, err := rivermigrate.New(s.dialect.queue(), nil)
	if err != nil {
		return fmt.Errorf("reading the queue's migrations: %w", err)
	}
	return s.dialect.alone(ctx, func() error {
		if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrating the queue: %w", err)
		}
		return nil
	})
}

// Close lets go of the database.
func (s *Store) Close() error { return s.dialect.close() }

// KeyVersions lists the versions of the master key that something in here is wrapped by.
func (s *Store) KeyVersions(ctx context.Context) ([]string, error) {
	return s.strings(ctx, `SELECT key_version FROM mailbox UNION SELECT key_version FROM mailbox_key UNION SELECT key_version FROM message
		UNION SELECT key_version FROM audit_key`)
}

// Ready says whether the database answers and can be written: a read-only one answers and is of no use.
func (s *Store) Ready(ctx context.Context) error {
	return s.inTx(ctx, func(tx *transaction) error { // immediate: on SQLite it takes the write lock
		var readOnly bool
		if err := tx.QueryRowContext(ctx, s.dialect.readOnly()).Scan(&readOnly); err != nil {
			return fmt.Errorf("asking whether the database can be written: %w", err)
		}
		if readOnly {
			return errReadOnly
		}
		return nil
	})
}

func (s *Store) inTx(ctx context.Context, do func(tx *transaction) error) error {
	tx, err := s.db.begin(ctx)
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

func toMillis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
