package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Rotate puts a new current key first in the key file and keeps the others. Whoever has the file open takes it up by itself.
func Rotate(path string) (version string, err error) {
	err = changeKeyFile(path, func(text []byte, _ time.Time) ([]byte, error) {
		key := newMasterKey()
		version = key.version()
		return append([]byte(key.line()), text...), nil
	})
	if err != nil {
		return "", fmt.Errorf("rotating the master key: %w", err)
	}
	return version, nil
}

// settle is how long after a change everybody has seen it: a process that is in use looks every lookEvery, and may be slow.
const settle = 2 * lookEvery

// Forget takes an old version out of the key file. What is still wrapped under it can never be opened again, so the caller
// asks the store first. The current version is refused, and so is any while a process may not have noticed the last rotation:
// it would still wrap under what is being forgotten.
func Forget(path, version string) error {
	err := changeKeyFile(path, func(text []byte, changed time.Time) ([]byte, error) {
		if time.Since(changed) < settle {
			return nil, fmt.Errorf("the file was changed less than %v ago, and who uses it may not have seen that: wait", settle)
		}
		return without(text, version)
	})
	if err != nil {
		return fmt.Errorf("forgetting the master key %q: %w", version, err)
	}
	return nil
}

// without takes one key's line out and leaves every other byte as it was.
func without(text []byte, version string) ([]byte, error) {
	keys, err := parseKeys(text)
	if err != nil {
		return nil, err
	}
	if keys[0].version() == version {
		return nil, errors.New("it is the current one: rotate first")
	}
	var kept []byte
	found := false
	for line := range bytes.Lines(text) {
		one, err := parseKeys(line)
		if err == nil && one[0].version() == version {
			found = true
			continue
		}
		kept = append(kept, line...)
	}
	if !found {
		return nil, ErrVersion
	}
	return kept, nil
}

// changeKeyFile puts another text in the file's place, whole or not at all. Of two changes at once one is refused: if both
// read the file before either wrote it, the second would throw the first one's key away, and what it had wrapped by then.
func changeKeyFile(path string, edit func(text []byte, changed time.Time) ([]byte, error)) error {
	path, err := filepath.EvalSymlinks(path) // a rename onto a link would leave what it points to as it was
	if err != nil {
		return err
	}
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("another change is under way, or was cut off (if so, delete %s: nothing uses it): %w", next, err)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(fill(f, path, edit), f.Close()); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncFolder(filepath.Dir(path))
}

// fill writes the edited text of the file at path to f and brings it to the disk.
func fill(f *os.File, path string, edit func(text []byte, changed time.Time) ([]byte, error)) error {
	text, info, err := readKeyFile(path)
	if err != nil {
		return err
	}
	if _, err := parseKeys(text); err != nil {
		return err // emptied by accident, say: a new key in it would look as if all were well
	}
	if text, err = edit(text, info.ModTime()); err != nil {
		return err
	}
	if len(text) > maxKeyFile {
		return fmt.Errorf("it would be larger than %d bytes: forget old keys first", maxKeyFile)
	}
	if _, err := parseKeys(text); err != nil {
		return err
	}
	// The administrator rotates as root, and the service reads as its own user: the file stays whose it was.
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync())
}
