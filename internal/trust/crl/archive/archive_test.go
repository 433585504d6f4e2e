package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust/crl/archive"
)

var noon = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

func TestWhatIsPutIsThereForTheNextProcess(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "not", "made", "yet")
	if _, _, err := archive.New(folder).Get([32]byte{1}, 100); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("an empty archive: %v", err)
	}
	put(t, archive.New(folder), 1, "a list", noon)
	put(t, archive.New(folder), 1, "a newer list", noon.Add(time.Hour))
	got, at, err := archive.New(folder).Get([32]byte{1}, 100)
	if err != nil || string(got) != "a newer list" || !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("%q of %v, %v", got, at, err)
	}
	if err := archive.New(folder).Touch([32]byte{1}, noon); err != nil {
		t.Fatal(err)
	}
	if _, at, _ = archive.New(folder).Get([32]byte{1}, 100); !at.Equal(noon) {
		t.Errorf("touched at %v", at)
	}
	for path, want := range map[string]fs.FileMode{folder: 0o700, files(t, folder)[0]: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("mode %v, want %v (%v)", info.Mode(), want, err)
		}
	}
	if n := len(files(t, folder)); n != 1 {
		t.Errorf("%d files are left", n)
	}
}

func TestTooMuchIsNotRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := archive.New(folder)
	put(t, s, 1, "0123456789", noon)
	if _, _, err := s.Get([32]byte{1}, 9); err == nil {
		t.Error("more than the limit was read")
	}
	path := files(t, folder)[0]
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get([32]byte{1}, 9); err == nil {
		t.Error("a folder was read")
	}
}

func TestTheArchiveDoesNotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := archive.New(folder)
	foreign, leftover, fresh := filepath.Join(folder, "notes.txt"), filepath.Join(folder, "X.tmp"), filepath.Join(folder, "Y.tmp")
	for _, path := range []string{foreign, leftover, fresh} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(leftover, noon.AddDate(-1, 0, 0), noon.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	for i := range 258 {
		put(t, s, byte(i), fmt.Sprint(i), noon.Add(time.Duration(i)*time.Minute)) // 256 and 257 come again as 0 and 1
	}
	for i := range 2 {
		put(t, s, byte(i), "again", noon.AddDate(0, 0, 1))
	}
	var key [32]byte
	key[1] = 1
	if err := s.Put(key, []byte("one more"), noon.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, folder)); n != 256 {
		t.Errorf("%d lists are kept, want 256", n)
	}
	if _, _, err := s.Get([32]byte{2}, 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the oldest is still there: %v", err)
	}
	for path, want := range map[string]bool{foreign: true, leftover: false, fresh: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
}

func TestTheArchiveDoesNotGrowBeyondItsSize(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := archive.New(folder)
	put(t, s, 1, "old", noon)
	put(t, s, 2, "new", noon.Add(time.Hour))
	for _, path := range files(t, folder) { // holes take no room on the disk and count as if they did
		if err := os.Truncate(path, 300<<20); err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(path); strings.HasPrefix(filepath.Base(path), "01") {
			_ = os.Chtimes(path, noon, noon)
		} else if info != nil {
			_ = os.Chtimes(path, noon.Add(time.Hour), noon.Add(time.Hour))
		}
	}
	put(t, s, 3, "newest", noon.Add(2*time.Hour))
	left := files(t, folder)
	if len(left) != 2 || strings.HasPrefix(filepath.Base(left[0]), "01") {
		t.Errorf("left are %d, the first of them %s", len(left), filepath.Base(left[0]))
	}
}

func TestManyMayPutTogether(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := archive.New(folder)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			content := bytes.Repeat([]byte{byte(i)}, 4096)
			if err := s.Put([32]byte{1}, content, noon); err != nil {
				t.Error(err)
			}
			if got, _, err := s.Get([32]byte{1}, 1<<20); err != nil || len(got) != 4096 || got[0] != got[4095] {
				t.Errorf("half a file: %d octets, %v", len(got), err)
			}
		})
	}
	wait.Wait()
}

func TestAFolderThatCannotBeWrittenIsSaidWithoutItsPath(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := archive.New(filepath.Join(file, "x")).Put([32]byte{1}, []byte("x"), noon)
	if err == nil || strings.Contains(err.Error(), "a-file") {
		t.Errorf("%v", err)
	}
}

func put(t *testing.T, s *archive.Archive, key byte, content string, at time.Time) {
	t.Helper()
	if err := s.Put([32]byte{key}, []byte(content), at); err != nil {
		t.Fatal(err)
	}
}

func files(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*.crl"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no files: %v", err)
	}
	return found
}
