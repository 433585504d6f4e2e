package peertest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// transport is how the content key reaches the recipient.
type transport string

const (
	rsaV15   transport = "RSA v1.5"
	rsaOAEP  transport = "RSA-OAEP"
	ecdhP256 transport = "ECDH P-256"
	ecdhP384 transport = "ECDH P-384"
	ecX25519 transport = "X25519"
)

// recipient is whose key goes with it.
func (t transport) recipient() *party {
	return lab().party(map[transport]string{rsaV15: "rsa", rsaOAEP: "rsa", ecdhP256: "p256", ecdhP384: "p384", ecX25519: "x25519"}[t])
}

// content is what the mail itself is encrypted with, by the names of RFC 8551 §2.7 and RFC 8103.
type content string

const (
	aes128CBC content = "AES-128-CBC"
	aes256CBC content = "AES-256-CBC"
	aes256GCM content = "AES-256-GCM"
	chaCha20  content = "ChaCha20-Poly1305"
)

// scheme is how a signature is made.
type scheme string

const (
	signRSA     scheme = "RSA v1.5"
	signPSS     scheme = "RSA-PSS"
	signP256    scheme = "ECDSA P-256"
	signP384    scheme = "ECDSA P-384"
	signEd25519 scheme = "Ed25519"
)

func (s scheme) signer() *party {
	return lab().party(map[scheme]string{signRSA: "rsa", signPSS: "rsa", signP256: "p256", signP384: "p384", signEd25519: "ed25519"}[s])
}

// program is one peer. It takes and gives CMS in DER or BER; an error is its refusal, in its own words.
type program interface {
	encrypt(t transport, c content, plain []byte) ([]byte, error)
	decrypt(to *party, der []byte) ([]byte, error)
	sign(s scheme, opaque bool, plain []byte) ([]byte, error)
	// verify gives the content that the signature covers: detached, or what was inside where that is nil.
	verify(der, detached []byte) ([]byte, error)
	version() (string, error) // somewhere in it
}

// errNoOption is the refusal of a program that cannot even be asked.
var errNoOption = errors.New("has no option for it")

// desk is a folder for one call.
type desk struct{ folder string }

func newDesk() desk                    { return desk{must(os.MkdirTemp(lab().folder, "d"))} }
func (d desk) clear()                  { _ = os.RemoveAll(d.folder) }
func (d desk) path(name string) string { return filepath.Join(d.folder, name) }

func (d desk) put(name string, data []byte) string {
	path := d.path(name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		panic(err)
	}
	return path
}

// get gives the file that a program should have written. One that wrote none for an empty content wrote what it should.
func (d desk) get(name string) ([]byte, error) {
	data, err := os.ReadFile(d.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// run gives what the program said on both its outputs, and an error with the same where it did not end with 0.
func run(env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), append(env, "LC_ALL=C")...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return string(said), fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(said))
	}
	return string(said), nil
}

// stops is what must be ended with the tests.
var stops struct {
	sync.Mutex
	all []func()
}

func atTheEnd(stop func()) {
	stops.Lock()
	defer stops.Unlock()
	stops.all = append(stops.all, stop)
}

func stopAll() {
	for _, stop := range stops.all {
		stop()
	}
}

// majorMinor is enough of a version to tell what a program can, and does not change with each repair of a distribution.
func majorMinor(t *testing.T, p program) string {
	t.Helper()
	said, err := p.version()
	found := regexp.MustCompile(`\d+\.\d+`).FindString(said)
	if err != nil || found == "" {
		t.Fatalf("no version: %v %q", err, said)
	}
	return found
}
