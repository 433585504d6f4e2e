package keeper_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/keeper"
)

// made makes a key file with one key.
func made(t *testing.T) (path string, k *keeper.Keeper) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keeper.key")
	k, err := keeper.OpenOrMakeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, k
}

func rotate(t *testing.T, path string) string {
	t.Helper()
	version, err := keeper.Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// settle makes the file's last change two minutes older.
func settle(t *testing.T, path string) {
	t.Helper()
	then := time.Now().Add(-2 * time.Minute)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func wrap(t *testing.T, k *keeper.Keeper) (keeper.Wrapped, []byte) {
	t.Helper()
	key, wrapped, err := k.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.EncryptBytes([]byte("emne"))
	if err != nil {
		t.Fatal(err)
	}
	return wrapped, sealed
}

func opens(t *testing.T, k *keeper.Keeper, w keeper.Wrapped, sealed []byte) {
	t.Helper()
	key, err := k.Unwrap(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := key.DecryptBytes(sealed); err != nil || string(plain) != "emne" {
		t.Fatalf("got %q, %v", plain, err)
	}
}

func TestAfterARotationTheOldKeyOpensAndTheNewOneWraps(t *testing.T) {
	t.Parallel()
	path, k := made(t)
	old, sealed := wrap(t, k)
	version := rotate(t, path)
	again, err := keeper.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Versions(); !slices.Equal(got, []string{version, old.Version}) {
		t.Errorf("held: %q", got)
	}
	opens(t, again, old, sealed)
	if w, _ := wrap(t, again); w.Version != version {
		t.Errorf("wrapped by %q, want %q", w.Version, version)
	}
}

func TestARotatedFileIsPickedUpWithoutARestart(t *testing.T) {
	t.Parallel()
	t.Run("within a minute by whoever wraps", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			path, k := made(t)
			version := rotate(t, path)
			if w, _ := wrap(t, k); w.Version == version {
				t.Error("the file is read for every key")
			}
			time.Sleep(61 * time.Second)
			if w, _ := wrap(t, k); w.Version != version {
				t.Error("after a minute the old key still wraps")
			}
		})
	})
	t.Run("at once, but once a second, by whoever meets what it wrapped", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			path, k := made(t)
			for range 3 {
				rotate(t, path)
				other, err := keeper.OpenFile(path)
				if err != nil {
					t.Fatal(err)
				}
				w, sealed := wrap(t, other)
				if k.Holds(w.Version) {
					t.Error("the file was read twice within a second")
				}
				time.Sleep(time.Second)
				opens(t, k, w, sealed)
			}
		})
	})
}

func TestAKeyFileThatIsGoneForAMinuteStopsNothingThatItIsNotNeededFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path, k := made(t)
		w, sealed := wrap(t, k)
		version := rotate(t, path)
		other, err := keeper.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		later, sealedLater := wrap(t, other)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		opens(t, k, w, sealed)
		wrap(t, k)
		if _, err := k.Unwrap(t.Context(), later); !errors.Is(err, keeper.ErrVersion) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("neither what is missing nor why is told: %v", err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		opens(t, k, later, sealedLater)
		if got := k.Versions()[0]; got != version {
			t.Errorf("%q wraps, want %q", got, version)
		}
	})
}

func TestAForgottenKeyOpensNothingAndTheCurrentOneIsNotForgotten(t *testing.T) {
	t.Parallel()
	path, k := made(t)
	old, _ := wrap(t, k)
	settle(t, path)
	if err := keeper.Forget(path, old.Version); err == nil {
		t.Fatal("the only key was forgotten")
	}
	version := rotate(t, path)
	if err := keeper.Forget(path, old.Version); err == nil {
		t.Fatal("a key was forgotten by which others may be wrapping")
	}
	settle(t, path)
	if err := keeper.Forget(path, version); err == nil {
		t.Fatal("the current key was forgotten")
	}
	if err := keeper.Forget(path, "file:00000000"); !errors.Is(err, keeper.ErrVersion) {
		t.Errorf("a key that is not there: %v", err)
	}
	if err := keeper.Forget(path, old.Version); err != nil {
		t.Fatal(err)
	}
	again, err := keeper.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.Holds(old.Version) || !again.Holds(version) {
		t.Errorf("held: %q", again.Versions())
	}
	if _, err := again.Unwrap(t.Context(), old); !errors.Is(err, keeper.ErrVersion) {
		t.Errorf("%v", err)
	}
	if got := list(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left beside the file: %q", got)
	}
}

func TestOfRotationsAtOnceNoneLosesAnothersKey(t *testing.T) {
	t.Parallel()
	path, _ := made(t)
	var mu sync.Mutex
	var done []string
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			version, err := keeper.Rotate(path)
			if err != nil && !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				done = append(done, version)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	k, err := keeper.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(done) == 0 || len(k.Versions()) != len(done)+1 {
		t.Errorf("%d rotations, %d keys", len(done), len(k.Versions()))
	}
	for _, version := range done {
		if !k.Holds(version) {
			t.Errorf("%q is lost", version)
		}
	}
}

func TestAChangeThatWasCutOffIsToldAndTouchesNothing(t *testing.T) {
	t.Parallel()
	path, k := made(t)
	w, sealed := wrap(t, k)
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keeper.Rotate(path); err == nil || !strings.Contains(err.Error(), "delete") {
		t.Errorf("what to do is not told: %v", err)
	}
	again, err := keeper.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opens(t, again, w, sealed)
}

func TestARotatedFileKeepsItsOwnerItsModeItsRemarksAndItsLink(t *testing.T) {
	t.Parallel()
	path, k := made(t)
	old := k.Versions()[0]
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	remark := "# flyttet fra den gamle maskine\n\n"
	link := path + ".link"
	const nobody = 65534
	err = errors.Join(os.WriteFile(path, append([]byte(remark), text...), 0o600), os.Chmod(path, 0o400), os.Symlink(path, link))
	if err != nil {
		t.Fatal(err)
	}
	owner := os.Geteuid()
	if owner == 0 {
		owner = nobody
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	rotate(t, link)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if sys := info.Sys().(*syscall.Stat_t); int(sys.Uid) != owner || info.Mode().Perm() != 0o400 {
		t.Errorf("owner %d, mode %v", sys.Uid, info.Mode())
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is a file now: %v", err)
	}
	changed, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(changed, []byte(remark)) {
		t.Errorf("the remark is gone: %v", err)
	}
	if again, err := keeper.OpenFile(path); err != nil || !again.Holds(old) {
		t.Errorf("the old key is gone: %v", err)
	}
}

func TestWhileTheKeyIsRotatedEverythingGoesOn(t *testing.T) {
	t.Parallel()
	path, k := made(t)
	first, sealed := wrap(t, k)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				w, s := wrap(t, k)
				opens(t, k, w, s)
				opens(t, k, first, sealed)
				if _, _, err := k.Rewrap(t.Context(), first); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		rotate(t, path)
		k.Holds("file:unknown0")
	}
	wg.Wait()
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
