package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
)

// dialect is what differs between the two databases.
type dialect interface {
	name() string   // of the folder of migrations
	numbered() bool // parameters are $1, $2
	pool() *sql.DB
	queue() riverdriver.Driver[*sql.Tx]
	migration() (goose.Dialect, []goose.ProviderOption, error)
	alone(ctx context.Context, do func() error) error // while nobody else does it, on any machine
	settle() error                                    // when the schema is in place
	isDuplicate(err error) bool
	readOnly() string                                // asks a transaction whether it can change nothing
	lock(table string) string                        // what a SELECT ends in so that its row of table stays as it is until the transaction ends
	damage(ctx context.Context) ([]string, error)    // that the database finds in itself
	jobArgument(name string) string                  // an argument of the job j, as text
	domain(column string) string                     // what stands behind the @ in it, as the index has it
	snapshot(ctx context.Context, path string) error // of the whole database, into a new file
	close() error
}

// errNowhere is the answer to an address that is none.
var errNowhere = errors.New("the database must be a postgres:// address or the path of a file")

func dialectOf(where string) (dialect, error) {
	switch {
	case strings.HasPrefix(where, "postgres://"), strings.HasPrefix(where, "postgresql://"):
		return openPostgres(where)
	case where == "", strings.Contains(where, "://"):
		return nil, errNowhere
	}
	return openSQLite(where)
}
