package keeper_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"aau.dk/sendsikker/internal/keeper"
)

func TestAKeyFileTravelsForOneRecipientAlone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from := filepath.Join(folder, "master.key")
	k, err := keeper.OpenOrMakeFile(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := age.GenerateX25519Identity()
	identity := func(text string) string {
		path := filepath.Join(t.TempDir(), "identity")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sealed, err := keeper.Seal(from, mine.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(folder, "again.key")
	if err := keeper.Unseal(sealed, identity(other.String()), to); !errors.Is(err, keeper.ErrNotForUs) {
		t.Errorf("another identity: %v", err)
	}
	const odd = "AGE-SECRET-KEY-1NOTAKEY"
	if err := keeper.Unseal(sealed, identity(odd), to); err == nil || strings.Contains(err.Error(), odd) {
		t.Errorf("an identity that is none: %v", err)
	}
	for name, altered := range map[string][]byte{"cut off": sealed[:len(sealed)-1], "altered": append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1), "nothing": nil, "too long": make([]byte, 1<<20)} {
		if keeper.Unseal(altered, identity(mine.String()), to) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := os.Stat(to); err == nil {
		t.Fatal("a key file was made of what could not be opened")
	}
	if err := keeper.Unseal(sealed, identity(mine.String()), to); err != nil {
		t.Fatal(err)
	}
	was, _ := os.ReadFile(from)
	is, _ := os.ReadFile(to)
	info, err := os.Stat(to)
	if err != nil || !bytes.Equal(was, is) || info.Mode().Perm() != 0o600 {
		t.Errorf("another key came back: %v", err)
	}
	if keeper.Unseal(sealed, identity(mine.String()), to) == nil {
		t.Error("a key file was written over")
	}
	for _, recipient := range []string{"", "age1x", mine.String(), "ssh-ed25519 AAAA"} {
		if _, err := keeper.Seal(from, recipient); err == nil || strings.Contains(err.Error(), mine.String()) {
			t.Errorf("for %.10q: %v", recipient, err)
		}
	}
}
