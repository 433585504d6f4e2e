package spool_test

import (
	"os"
	"testing"
)

func TestAFolderThatIsGoneIsNotMadeAnewBehindOurBack(t *testing.T) {
	t.Parallel()
	s, key, folder := open(t)
	away := folder + ".away"
	if err := os.Rename(folder, away); err != nil {
		t.Fatal(err)
	}
	if s.Ready(t.Context()) == nil {
		t.Error("a spool without its folder says that it is ready")
	}
	if _, err := s.Create(t.Context(), "m", key); err == nil {
		t.Error("an object was begun where the folder had been")
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Error("the folder was made anew: what lies in it is lost when the volume comes back")
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s.Ready(t.Context()) == nil {
		t.Error("a file is no folder")
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, folder); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	w, err := s.Create(t.Context(), "m", key)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestANameIsUsedOnce(t *testing.T) {
	t.Parallel()
	s, key, folder := open(t)
	write := func() error {
		w, err := s.Create(t.Context(), "m", key)
		if err != nil {
			return err
		}
		return w.Close()
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	if write() == nil {
		t.Error("a copy was written over another")
	}
	if left := files(t, folder); len(left) != 1 {
		t.Errorf("%v", left)
	}
}
