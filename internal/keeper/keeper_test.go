package keeper_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"aau.dk/sendsikker/internal/keeper"
)

func TestWhatOneStartEncryptsTheNextStartOpens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "keeper.key")
	first, err := keeper.OpenOrMakeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, wrapped, err := first.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.EncryptBytes([]byte("emne"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("emne")) || bytes.Contains(wrapped.Bytes, []byte("AGE-SECRET-KEY")) {
		t.Fatal("something lies in clear")
	}
	second, err := keeper.OpenOrMakeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := second.Unwrap(t.Context(), wrapped)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := again.DecryptBytes(sealed)
	if err != nil || string(plain) != "emne" {
		t.Fatalf("got %q, %v", plain, err)
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := again.DecryptBytes(sealed); err == nil {
		t.Error("an altered byte went unnoticed")
	}
}

func TestAnotherMasterKeyOpensNothing(t *testing.T) {
	t.Parallel()
	one, err := keeper.OpenOrMakeFile(filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := keeper.OpenOrMakeFile(filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	_, wrapped, err := one.NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Unwrap(t.Context(), wrapped); err == nil {
		t.Error("another version of the master key was accepted")
	}
}

func TestAMasterKeyThatOthersCanReadIsNotUsed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k")
	if _, err := keeper.OpenOrMakeFile(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := keeper.OpenOrMakeFile(path); err == nil {
		t.Error("a master key that everybody can read was used")
	}
}
