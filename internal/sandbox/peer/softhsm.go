package peer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// softhsmLibraries is where Debian, Fedora and Homebrew keep it.
func softhsmLibraries() []string {
	return []string{
		"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so",
	}
}

// SoftHSM is a PKCS #11 device in software, with tokens of a test's own. PIN opens them all.
type SoftHSM struct {
	Library string
	PIN     string
	folder  string
}

// NeedSoftHSM ends the test where SoftHSM or OpenSC's pkcs11-tool, which makes keys in it, is missing, as Need does.
func NeedSoftHSM(t Test) {
	t.Helper()
	Need(t, "softhsm2-util", "softhsm2")
	Need(t, "pkcs11-tool", "opensc")
	if softhsm() == "" {
		missing(t, "SoftHSM's library", "softhsm2")
	}
}

func softhsm() string {
	for _, path := range softhsmLibraries() {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// StartSoftHSM makes one without tokens, in a folder that the caller removes. The library reads where it lies from the process's
// environment, so there is one for each process.
func StartSoftHSM(folder string) (*SoftHSM, error) {
	h := &SoftHSM{Library: softhsm(), PIN: "4711-0815", folder: folder}
	if h.Library == "" {
		return nil, errors.New("there is no SoftHSM here")
	}
	settings := filepath.Join(folder, "softhsm2.conf")
	if err := os.MkdirAll(h.tokens(), 0o700); err != nil {
		return nil, err
	}
	text := "directories.tokendir = " + h.tokens() + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return h, os.Setenv("SOFTHSM2_CONF", settings)
}

func (h *SoftHSM) tokens() string { return filepath.Join(h.folder, "tokens") }

// Token makes a token.
func (h *SoftHSM) Token(label string) error {
	return run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", h.PIN, "--so-pin", "87654321")
}

// Generate makes a key in a token: kind is pkcs11-tool's, such as rsa:3072 or EC:secp384r1, and id is hexadecimal.
func (h *SoftHSM) Generate(token, label, id, kind string) error {
	use := "--usage-decrypt"
	if strings.HasPrefix(kind, "EC:") {
		use = "--usage-derive"
	}
	return run("pkcs11-tool", "--module", h.Library, "--token-label", token, "--login", "--pin", h.PIN,
		"--keypairgen", "--key-type", kind, "--label", label, "--id", id, "--usage-sign", use)
}

// Hide takes the tokens away, as a cable does that is pulled, and Show brings them back.
func (h *SoftHSM) Hide() error { return os.Rename(h.tokens(), h.tokens()+".away") }

// Show is Hide's opposite.
func (h *SoftHSM) Show() error {
	if err := os.RemoveAll(h.tokens()); err != nil { // the library may have made an empty one
		return err
	}
	return os.Rename(h.tokens()+".away", h.tokens())
}

func run(program string, args ...string) error {
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}
