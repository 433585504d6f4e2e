package config

import (
	"errors"
	"os"
	"strings"
)

// Secret is a value that cannot be printed. It is kept in a closure: formatting verbs, loggers and encoders see a function and
// not what it returns, in unexported fields too.
type Secret struct{ reveal func() string }

// UnmarshalText makes a secret of a setting.
func (s *Secret) UnmarshalText(text []byte) error {
	value := string(text)
	s.reveal = func() string { return value }
	return nil
}

// Set says whether there is one.
func (s Secret) Set() bool { return s.reveal != nil && s.reveal() != "" }

// Reveal gives the value to the one who must use it.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// orFile reads the secret from a file when one is named.
func (s *Secret) orFile(path string) error {
	if path == "" {
		return nil
	}
	if s.Set() {
		return errors.New("is set, and so is the file: give one of them")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return errors.New("the file cannot be read")
	}
	return s.UnmarshalText([]byte(strings.TrimSpace(string(text))))
}
