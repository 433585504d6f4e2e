package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
)

const (
	// postgresConnections of one machine: PostgreSQL takes a hundred unless told otherwise, and several machines share them.
	postgresConnections = 16
	// connectTime ends the wait for a server that does not answer.
	connectTime = 10 * time.Second
	// idleConnection is how long an unused one is kept: a failover or a firewall may have ended it without a word.
	idleConnection = 5 * time.Minute
	// queueLock is the advisory lock under which the queue's tables are made: any number, the same on every machine.
	queueLock = 0x5e4d51c
	// uniqueViolation: PostgreSQL, appendix A.
	uniqueViolation = "23505"
)

// postgresServer is a database that many machines share.
type postgresServer struct {
	db       *sql.DB
	listener *pgxpool.Pool // one connection, on which the queue hears of new jobs
}

func openPostgres(address string) (dialect, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errNowhere // the library's words quote the address, password and all
	}
	config.ConnectTimeout = connectTime
	// An accepted message survives a power cut, whatever the server's own setting.
	config.RuntimeParams["synchronous_commit"] = "on"
	config.RuntimeParams["application_name"] = "sendsikker"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxIdleTime(idleConnection)
	listening, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.Join(errNowhere, db.Close())
	}
	listening.MinConns, listening.MaxConns = 0, 1
	listening.ConnConfig.ConnectTimeout = connectTime
	listener, err := pgxpool.NewWithConfig(context.Background(), listening) // connects when it is asked to listen
	if err != nil {
		return nil, errors.Join(errors.New("preparing to hear of jobs"), db.Close())
	}
	return &postgresServer{db: db, listener: listener}, nil
}

func (*postgresServer) name() string    { return "postgres" }
func (*postgresServer) numbered() bool  { return true }
func (s *postgresServer) pool() *sql.DB { return s.db }
func (*postgresServer) settle() error   { return nil }

func (s *postgresServer) queue() riverdriver.Driver[*sql.Tx] {
	return riverdatabasesql.NewWithPgxListener(s.db, s.listener)
}

func (s *postgresServer) close() error {
	s.listener.Close()
	return s.db.Close()
}

func (*postgresServer) migration() (goose.Dialect, []goose.ProviderOption, error) {
	locker, err := lock.NewPostgresSessionLocker()
	return goose.DialectPostgres, []goose.ProviderOption{goose.WithSessionLocker(locker)}, err
}

// alone takes an advisory lock of the session. River's own migrations take none.
func (s *postgresServer) alone(ctx context.Context, do func() error) (err error) {
	session, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("waiting for the other machines: %w", err)
	}
	defer func() { _ = session.Close() }()
	if _, err := session.ExecContext(ctx, "SELECT pg_advisory_lock($1)", queueLock); err != nil {
		return fmt.Errorf("waiting for the other machines: %w", err)
	}
	defer func() {
		_, unlock := session.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", queueLock)
		err = errors.Join(err, unlock)
	}()
	return do()
}

func (*postgresServer) snapshot(context.Context, string) error { return ErrNoSnapshot }

func (*postgresServer) isDuplicate(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == uniqueViolation
}

// readOnly: so is a server that was demoted, and one that follows another.
func (*postgresServer) readOnly() string {
	return "SELECT current_setting('transaction_read_only') = 'on'"
}

// lock: at READ COMMITTED two transactions each see the other's rows as they were before. Who must not decide by such a sight
// locks the row that the decision is about. NO KEY: rows that only point at it may be stored meanwhile.
func (*postgresServer) lock(table string) string { return " FOR NO KEY UPDATE OF " + table }

// damage: PostgreSQL tells of a broken page when it reads one (with data checksums), and has no question to ask for all of them.
func (*postgresServer) damage(context.Context) ([]string, error) { return nil, nil }

func (*postgresServer) jobArgument(name string) string { return "j.args->>'" + name + "'" }

func (*postgresServer) domain(column string) string { return "split_part(" + column + ", '@', 2)" }
