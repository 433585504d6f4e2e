package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// ErrNotForUs: the age identity is not the one that the key was sealed for.
var ErrNotForUs = errors.New("the master key was encrypted for another age identity")

// maxSealedKey is a key file with age's header and tags.
const maxSealedKey = 2 * maxKeyFile

// Seal gives the key file, encrypted for one age recipient (age1…), for a backup. It never leaves this package in clear.
func Seal(path, recipient string) ([]byte, error) {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, errors.New("the recipient must be an age public key, age1…")
	}
	text, _, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	if _, err := parseKeys(text); err != nil {
		return nil, fmt.Errorf("the master key %s: %w", path, err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encrypting the master key: %w", err)
	}
	return sealed.Bytes(), nil
}

// Unseal makes the key file of what Seal gave, with the identities in a file that age-keygen made. It replaces no file.
func Unseal(sealed []byte, identityFile, path string) error {
	if len(sealed) > maxSealedKey {
		return errors.New("the encrypted master key is larger than any")
	}
	f, err := os.Open(identityFile)
	if err != nil {
		return fmt.Errorf("the age identity: %w", err)
	}
	identities, err := age.ParseIdentities(io.LimitReader(f, maxKeyFile))
	_ = f.Close()
	if err != nil {
		return errors.New("the age identity cannot be read: give the file that age-keygen made") // the parser may quote what it read
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
	if err != nil {
		return ErrNotForUs
	}
	text, err := io.ReadAll(io.LimitReader(r, maxKeyFile+1))
	if err != nil || len(text) > maxKeyFile {
		return errors.New("the encrypted master key has been altered")
	}
	defer clear(text)
	if _, err := parseKeys(text); err != nil {
		return fmt.Errorf("the encrypted master key: %w", err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return errors.Join(err, out.Sync(), out.Close(), syncFolder(filepath.Dir(path)))
}
