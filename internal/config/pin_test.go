package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/config"
)

func TestThePINComesFromItsFileOrTheEnvironmentEachTimeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var s config.Storage
	if _, err := s.PIN(); err == nil || !strings.Contains(err.Error(), "pkcs11-pin-file") {
		t.Errorf("none: %v", err)
	}
	t.Setenv("SENDSIKKER_PKCS11_PIN", "4711")
	if pin, err := s.PIN(); err != nil || pin != "4711" {
		t.Errorf("%q, %v", pin, err)
	}
	s.PKCS11.PINFile = path
	if _, err := s.PIN(); err == nil || strings.Contains(err.Error(), "4711") {
		t.Errorf("both: %v", err)
	}
	t.Setenv("SENDSIKKER_PKCS11_PIN", "")
	if _, err := s.PIN(); err == nil {
		t.Error("a file that is not there gave a PIN")
	}
	for _, want := range []string{"0815", "1234"} {
		write(want + "\r\n")
		if pin, err := s.PIN(); err != nil || pin != want {
			t.Errorf("%q, %v", pin, err)
		}
	}
	write(" \n")
	if _, err := s.PIN(); err == nil {
		t.Error("an empty file gave a PIN")
	}
}

func TestThePKCS11SettingsAreCheckedTogether(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ module, pin, fault string }{
		"both":                {there, there, ""},
		"a module alone":      {there, "", ""}, // the PIN may be in the environment
		"a PIN alone":         {"", there, "pkcs11-pin-file: needs pkcs11-module"},
		"no such module":      {there + "x", there, "pkcs11-module: cannot be read"},
		"no such file of PIN": {there, there + "x", "pkcs11-pin-file: cannot be read"},
	} {
		settings := good(t)
		settings.PKCS11.Module, settings.PKCS11.PINFile = c.module, c.pin
		err := settings.Check(none)
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
