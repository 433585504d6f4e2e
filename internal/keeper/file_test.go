package keeper_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"aau.dk/sendsikker/internal/keeper"
)

// line is a key of which every byte is b, as it stands in a key file.
func line(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 32)))
}

func TestWhatAKeyFileMayHold(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		keys       int // 0 is refused
	}{
		{"one key with a line's end, as older releases wrote it", line('a') + "\n", 1},
		{"one key without a line's end", line('a'), 1},
		{"several keys", line('a') + "\n" + line('b') + "\n" + line('c') + "\n", 3},
		{"remarks and empty lines", "# nøgle fra 2026\n\n" + line('a') + "\r\n  # gammel\n " + line('b') + " \n", 2},
		{"nothing", "", 0},
		{"remarks alone", "# her kommer en nøgle\n", 0},
		{"a key that is too short", base64.StdEncoding.EncodeToString(make([]byte, 31)), 0},
		{"a key that is too long", base64.StdEncoding.EncodeToString(make([]byte, 33)), 0},
		{"a good key and half a key", line('a') + "\n" + line('b')[:20], 0},
		{"the same key twice", line('a') + "\n" + line('b') + "\n" + line('a'), 0},
		{"two keys on a line", line('a') + " " + line('b'), 0},
		{"no text", "\x00\xff\xfe", 0},
		{"more than a key file holds", line('a') + "\n" + strings.Repeat("#\n", 40_000), 0},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "k")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := keeper.OpenFile(path)
			if c.keys == 0 {
				if err == nil {
					t.Fatal("it was opened")
				}
				if strings.Contains(err.Error(), line('a')) || strings.Contains(err.Error(), line('b')[:8]) {
					t.Errorf("the error holds a key: %v", err)
				}
				if _, err := keeper.Rotate(path); err == nil {
					t.Error("a file that cannot be read was changed")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := k.Versions(); len(got) != c.keys {
				t.Errorf("%d keys, want %d", len(got), c.keys)
			}
		})
	}
}

func TestTheFirstLineIsTheCurrentKey(t *testing.T) {
	t.Parallel()
	versions, err := keeper.Versions([]byte(line('b') + "\n" + line('a') + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := keeper.Versions([]byte(line('b')))
	if err != nil {
		t.Fatal(err)
	}
	if versions[0] != alone[0] {
		t.Errorf("%q is current, want %q", versions[0], alone[0])
	}
}

func TestOfFirstStartsAtOnceAllHaveTheSameKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "k")
	keepers := make([]*keeper.Keeper, 8)
	var wg sync.WaitGroup
	for i := range keepers {
		wg.Go(func() {
			k, err := keeper.OpenOrMakeFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			keepers[i] = k
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, k := range keepers {
		w, sealed := wrap(t, k)
		for _, other := range keepers {
			opens(t, other, w, sealed)
		}
	}
	if got := list(t, filepath.Dir(path)); !slices.Equal(got, []string{"k"}) {
		t.Errorf("left behind: %q", got)
	}
}

// FuzzKeyFile: no text makes it panic; a new first line and an old line taken out change nothing about the other keys.
func FuzzKeyFile(f *testing.F) {
	f.Add([]byte(line('a') + "\n"))
	f.Add([]byte("# nøgle\n" + line('a') + "\r\n\n" + line('b')))
	f.Add([]byte(line('a') + "\n" + line('a') + "\n"))
	f.Add([]byte("#"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before, err := keeper.Versions(text)
		if err != nil || slices.Contains(before, zVersion(t)) {
			return
		}
		rotated := append([]byte(line('z')+"\n"), text...)
		after, err := keeper.Versions(rotated)
		if err != nil || !slices.Equal(after[1:], before) {
			t.Fatalf("%q after %q: %v", after, before, err)
		}
		for i, version := range before {
			left, err := keeper.Without(rotated, version)
			if err != nil {
				t.Fatal(err)
			}
			got, err := keeper.Versions(left)
			if want := slices.Delete(slices.Clone(after), i+1, i+2); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%q, want %q: %v", got, want, err)
			}
		}
		if _, err := keeper.Without(rotated, after[0]); err == nil {
			t.Fatal("the current key was taken out")
		}
	})
}

// zVersion names the key that the fuzz test rotates to.
func zVersion(t *testing.T) string {
	t.Helper()
	versions, err := keeper.Versions([]byte(line('z')))
	if err != nil {
		t.Fatal(err)
	}
	return versions[0]
}
