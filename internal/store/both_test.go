package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/store"
)

// One suite runs over both databases: a difference between them would be found by whoever moves from one to the other.

// opener gives a store with one mailbox in it.
type opener func(t *testing.T) *store.Store

// server is started by the first test that needs it.
var server struct {
	once sync.Once
	*peer.Postgres
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.Postgres != nil {
		server.Stop()
	}
	os.Exit(code)
}

func postgres(t *testing.T) string {
	t.Helper()
	peer.NeedPostgres(t)
	server.once.Do(func() { server.Postgres, server.err = peer.StartPostgres() })
	if server.err != nil {
		t.Fatal(server.err)
	}
	address, err := server.Database()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func onBoth(t *testing.T, test func(t *testing.T, open opener)) {
	t.Helper()
	t.Parallel()
	for name, where := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "a folder", "db") },
		"PostgreSQL": postgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, func(t *testing.T) *store.Store { return openAt(t, where(t)) })
		})
	}
}

func openAt(t *testing.T, where string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), where, time.Now)
	if err != nil {
		t.Fatal(fmt.Errorf("opening: %w", err))
	}
	t.Cleanup(func() { _ = s.Close() })
	entry := audit.Entry{At: noon, Actor: audit.Actor{Kind: "system"}, Action: audit.MailboxPut}
	err = s.PutMailbox(t.Context(), store.Mailbox{ID: "box", Address: "box@unit.example", Name: "Unit", Certificate: []byte{1}, Chain: []byte{}, Key: []byte{2}, WrappedKey: []byte{3}, KeyVersion: "v"}, entry)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
