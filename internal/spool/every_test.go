package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/spool"
)

// TestMain names the accounts of the pretend stores, where the clouds' own libraries look for them.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAPRETEND", "AWS_SECRET_ACCESS_KEY": "pretend", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_KEY": "cHJldGVuZA==",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// way is one kind of store.
type way struct {
	name string
	open func(t testing.TB) *spool.Spool
}

func opened(t testing.TB, where string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var ways = []way{
	{"a folder", func(t testing.TB) *spool.Spool { return opened(t, filepath.Join(t.TempDir(), "spool")) }},
	{"memory", func(t testing.TB) *spool.Spool {
		s := spool.New(memblob.OpenBucket(nil))
		t.Cleanup(func() { _ = s.Close() })
		return s
	}},
	{"S3", func(t testing.TB) *spool.Spool { _, where := startS3(t); return opened(t, where) }},
	{"Azure", func(t testing.TB) *spool.Spool { _, where := startAzure(t); return opened(t, where) }},
}

// each runs a test on every kind of store.
func each(t *testing.T, test func(t *testing.T, s *spool.Spool)) {
	t.Helper()
	if len(ways) == 0 {
		t.Fatal("no stores")
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) { t.Parallel(); test(t, w.open(t)) })
	}
}

// messageKey is one for all, made once.
var messageKey = sync.OnceValue(func() *keeper.Key {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	k, err := keeper.OpenOrMakeFile(filepath.Join(folder, "key"))
	if err != nil {
		panic(err)
	}
	key, _, err := k.NewKey(context.Background())
	if err != nil {
		panic(err)
	}
	return key
})

func noise(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(out)
	return out
}

func write(ctx context.Context, s *spool.Spool, name string, content []byte) error {
	w, err := s.Create(ctx, name, messageKey())
	if err != nil {
		return err
	}
	defer w.Abort()
	for chunk := range slices.Chunk(content, 100_000) {
		if _, err := w.Write(chunk); err != nil {
			return err
		}
	}
	return w.Close()
}

func read(t *testing.T, s *spool.Spool, name string) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), name, messageKey())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func names(t *testing.T, s *spool.Spool) []string {
	t.Helper()
	var list []string
	for o, err := range s.List(t.Context(), time.Now().Add(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o.Name)
	}
	slices.Sort(list)
	return list
}

func TestWhatIsWrittenComesBackFromEveryStore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *spool.Spool) {
		sizes := []int{0, 1, 70_000, 5<<20 - 1000, 12<<20 + 17} // less than a part, about one, and three
		for i, n := range sizes {
			name, want := fmt.Sprintf("m.%d", i), noise(n)
			if err := write(t.Context(), s, name, want); err != nil {
				t.Fatal(err)
			}
			if got := read(t, s, name); !bytes.Equal(got, want) {
				t.Errorf("%d bytes came back of %d", len(got), len(want))
			}
		}
		if got := names(t, s); len(got) != len(sizes) {
			t.Errorf("%q", got)
		}
	})
}

func TestAnObjectThatIsAbandonedExistsInNoStore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *spool.Spool) {
		for _, n := range []int{0, 300_000, 11 << 20} {
			w, err := s.Create(t.Context(), "m", messageKey())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(noise(n)); err != nil {
				t.Fatal(err)
			}
			w.Abort()
			ctx, cancel := context.WithCancel(t.Context())
			if w, err = s.Create(ctx, "m", messageKey()); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(noise(n)); err != nil {
				t.Fatal(err)
			}
			cancel() // the caller goes away
			if w.Close() == nil {
				t.Error("it was stored for a caller who has gone")
			}
		}
		if got := names(t, s); len(got) != 0 {
			t.Errorf("left behind: %q", got)
		}
		if _, err := s.Open(t.Context(), "m", messageKey()); !errors.Is(err, spool.ErrGone) {
			t.Errorf("%v", err)
		}
	})
}

func TestOfManyWhoUseANameAtOnceOneGetsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *spool.Spool) {
		const writers = 8
		var mu sync.Mutex
		var got []byte // by whom
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				if write(t.Context(), s, "m", bytes.Repeat([]byte{byte(i)}, 200_000)) == nil {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, byte(i))
				}
			})
		}
		wg.Wait()
		if len(got) != 1 {
			t.Fatalf("%d of %d got it", len(got), writers)
		}
		if !bytes.Equal(read(t, s, "m"), bytes.Repeat(got, 200_000)) {
			t.Error("one was told that it is theirs, and it is another's")
		}
		// The same for one that goes up in parts: its condition is told at the end.
		if write(t.Context(), s, "m", noise(6<<20)) == nil {
			t.Error("a copy was written over another")
		}
		if left := names(t, s); !slices.Equal(left, []string{"m"}) {
			t.Errorf("%q", left)
		}
	})
}

func TestDeletingTwiceIsNoError(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *spool.Spool) {
		if err := write(t.Context(), s, "m", noise(10)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Delete(t.Context(), "m"); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Open(t.Context(), "m", messageKey()); !errors.Is(err, spool.ErrGone) {
			t.Errorf("%v", err)
		}
	})
}

func TestAListTellsWhatIsOldEnoughInEveryStore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *spool.Spool) {
		want := []string{"a.1", "a.2", "b.1", "c.1", "d.1"} // three pages of the pretend stores
		for _, name := range want {
			if err := write(t.Context(), s, name, noise(1000)); err != nil {
				t.Fatal(err)
			}
		}
		if got := names(t, s); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		for o, err := range s.List(t.Context(), time.Now().Add(-time.Minute)) {
			t.Errorf("%q is old: %v", o.Name, err)
		}
		seen := 0
		for o, err := range s.List(t.Context(), time.Now().Add(time.Minute)) {
			if err != nil || o.Size < 1000 || time.Since(o.Modified) > time.Minute {
				t.Errorf("%+v, %v", o, err)
			}
			if seen++; seen == 3 {
				break // whoever has seen enough may leave
			}
		}
	})
}

func TestEveryStoreThatWorksIsReadyAndKeepsNoProbe(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *spool.Spool) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := s.Ready(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := names(t, s); len(got) != 0 {
			t.Errorf("left behind: %q", got)
		}
	})
}
