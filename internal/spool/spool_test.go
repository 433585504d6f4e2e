package spool_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/spool"
)

func open(t *testing.T) (*spool.Spool, *keeper.Key, string) {
	t.Helper()
	folder := t.TempDir()
	k, err := keeper.OpenOrMakeFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := k.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := spool.OpenFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, key, folder
}

func TestASpooledCopyComesBackAndLiesInNoClearByte(t *testing.T) {
	t.Parallel()
	s, key, folder := open(t)
	w, err := s.Create(t.Context(), "m/1", key)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("hemmelig "), 40_000)
	if _, err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Abort() // as the deferred call does
	if w.Size() != int64(len(want)) {
		t.Errorf("size %d, want %d", w.Size(), len(want))
	}
	r, err := s.Open(t.Context(), "m/1", key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes came back of %d: %v", len(got), len(want), err)
	}
	_ = r.Close()
	for _, file := range files(t, folder) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("hemmelig")) {
			t.Error("the spool holds content in clear")
		}
	}
	if err := s.Delete(t.Context(), "m/1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "m/1"); err != nil {
		t.Errorf("deleting twice: %v", err)
	}
}

func TestAnAbortedCopyLeavesNothing(t *testing.T) {
	t.Parallel()
	s, key, folder := open(t)
	w, err := s.Create(t.Context(), "m/2", key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 300_000)); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if left := files(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnAlteredObjectIsNotRead(t *testing.T) {
	t.Parallel()
	s, key, folder := open(t)
	w, err := s.Create(t.Context(), "m/3", key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	stored := files(t, folder)
	if len(stored) != 1 {
		t.Fatalf("%d files, want 1", len(stored))
	}
	raw, err := os.ReadFile(stored[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-10] ^= 1
	if err := os.WriteFile(stored[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "m/3", key)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		_ = r.Close()
	}
	if err == nil {
		t.Error("an altered object was read to the end")
	}
}

func files(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
