package keeper

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/secrets/localsecrets"
)

// keyLength is what NaCl secretbox takes (gocloud.dev/secrets/localsecrets).
const keyLength = 32

// OpenFile opens the master key in a file. The file must be its owner's alone: who reads it reads everything at rest.
func OpenFile(path string) (*Keeper, error) {
	key, err := readKey(path)
	if err != nil {
		return nil, err
	}
	return open(key), nil
}

// OpenOrMakeFile is OpenFile for the first start, when nothing rests yet that another key could open.
func OpenOrMakeFile(path string) (*Keeper, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	return open(key), nil
}

func open(key [keyLength]byte) *Keeper {
	digest := sha256.Sum256(key[:])
	return New(localsecrets.NewKeeper(key), "file:"+hex.EncodeToString(digest[:4]))
}

func readKey(path string) (key [keyLength]byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return key, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key, fmt.Errorf("the master key %s can be read by others (mode %04o): make it 0600", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return key, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != keyLength {
		return key, fmt.Errorf("the master key %s is not %d bytes in base64", path, keyLength)
	}
	return [keyLength]byte(raw), nil
}

func makeKey(path string) (key [keyLength]byte, err error) {
	// crypto/rand.Read never returns an error (Go 1.24 and later).
	_, _ = rand.Read(key[:])
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return key, fmt.Errorf("making the folder of the master key: %w", err)
	}
	// O_EXCL: two programs that start at once must not each think that theirs is the key.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return readKey(path)
	}
	if err != nil {
		return key, fmt.Errorf("making the master key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	return key, errors.Join(err, f.Sync(), f.Close())
}
