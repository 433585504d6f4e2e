package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

func TestWhoLooksAtADatabaseChangesNothing(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "db")
	if _, _, err := store.Schema(t.Context(), nowhere); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a database that is not there: %v", err)
	}
	for name, where := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "db"), "PostgreSQL": postgres(t)} {
		s, err := store.Open(t.Context(), where, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if n, _, sealed, err := s.AuditLog(t.Context()); n != 0 || !sealed || err != nil {
			t.Errorf("%s: an empty log: %d %t %v", name, n, sealed, err)
		}
		at := time.UnixMilli(1_800_000_000_000).UTC()
		err = s.Restored(t.Context(), nil, nil, audit.Entry{At: at, Actor: audit.Actor{Kind: "operator", ID: "x"}, Action: audit.BackupRestored})
		if err != nil {
			t.Fatal(err)
		}
		if n, newest, sealed, err := s.AuditLog(t.Context()); n != 1 || !newest.Equal(at) || !sealed || err != nil {
			t.Errorf("%s: %d %v %t %v", name, n, newest, sealed, err)
		}
		is, wanted, err := store.Schema(t.Context(), where)
		if err != nil || is != wanted || wanted < 4 {
			t.Errorf("%s: schema %d of %d: %v", name, is, wanted, err)
		}
		if err := s.Snapshot(t.Context(), filepath.Join(t.TempDir(), "copy")); (name == "PostgreSQL") != errors.Is(err, store.ErrNoSnapshot) {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
