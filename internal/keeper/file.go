package keeper

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gocloud.dev/secrets/localsecrets"
)

const (
	// keyLength is what NaCl secretbox takes (gocloud.dev/secrets/localsecrets).
	keyLength = 32
	// maxKeyFile holds a key and a remark for every week of ten years.
	maxKeyFile = 64 << 10
)

// masterKey is one line of the key file.
type masterKey [keyLength]byte

// version names a key without giving anything of it away: it has 256 random bits, and its name is 32 of their SHA-256.
func (key masterKey) version() string {
	digest := sha256.Sum256(key[:])
	return "file:" + hex.EncodeToString(digest[:4])
}

func (key masterKey) line() string { return base64.StdEncoding.EncodeToString(key[:]) + "\n" }

func newMasterKey() (key masterKey) {
	// crypto/rand.Read never returns an error (Go 1.24 and later).
	_, _ = rand.Read(key[:])
	return key
}

// OpenFile opens the master keys in a file, and follows the file when it changes. It must be its owner's alone: who reads it
// reads everything at rest.
func OpenFile(path string) (*Keeper, error) {
	ring, err := openRing(filePart(path))
	if err != nil {
		return nil, err
	}
	return &Keeper{ring}, nil
}

// OpenOrMakeFile is OpenFile for the first start, when nothing rests yet that another key could open.
func OpenOrMakeFile(path string) (*Keeper, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKeyFile(path); err != nil {
			return nil, fmt.Errorf("making the master key: %w", err)
		}
	}
	return OpenFile(path)
}

func filePart(path string) part {
	return func() ([]named, error) {
		text, _, err := readKeyFile(path)
		if err != nil {
			return nil, err
		}
		keys, err := parseKeys(text)
		if err != nil {
			return nil, fmt.Errorf("the master key %s: %w", path, err)
		}
		list := make([]named, len(keys))
		for i, key := range keys {
			list[i] = named{key.version(), localsecrets.NewKeeper(key)}
		}
		return list, nil
	}
}

// parseKeys reads a key from every line that is neither empty nor a remark (#). The first is the current one.
func parseKeys(text []byte) ([]masterKey, error) {
	var keys []masterKey
	seen := map[string]bool{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(string(line))
		if err != nil || len(raw) != keyLength {
			return nil, fmt.Errorf("line %d is not %d bytes in base64", n, keyLength)
		}
		key := masterKey(raw)
		// The same key twice, or two that share a name: which of them opens what is not to be guessed.
		if seen[key.version()] {
			return nil, fmt.Errorf("line %d is a key that an earlier line holds", n)
		}
		seen[key.version()] = true
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key in it")
	}
	return keys, nil
}

func readKeyFile(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, nil, fmt.Errorf("the master key %s can be read by others (mode %04o): make it 0600", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, nil, err
	}
	if len(text) > maxKeyFile {
		return nil, nil, fmt.Errorf("the master key %s is larger than %d bytes", path, maxKeyFile)
	}
	return text, info, nil
}

// makeKeyFile makes a file with one key. Two programs that start at once must not each think that theirs is the key, and
// neither may see half of the other's: the file gets its name when it is whole, and a name is given once.
func makeKeyFile(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, filepath.Base(path)+".*.new") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(newMasterKey().line())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// SMB has no links. A name is given once by O_EXCL, too; half a line that another reads at that moment is no key.
		if err := copyNew(f.Name(), path); err != nil {
			return err
		}
	}
	return syncFolder(folder) // what is wrapped under it outlives a power cut, so it must, too
}

func copyNew(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
