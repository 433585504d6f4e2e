package sending_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
)

func openssl(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	peer.Need(t, "openssl", "openssl")
	command := exec.Command("openssl", args...)
	var out, said bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(in), &out, &said
	if err := command.Run(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

// identityFile holds the key and the certificate of every recipient.
func identityFile(t *testing.T) string {
	t.Helper()
	key := must(x509.MarshalPKCS8PrivateKey(identity().Key))
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: identity().Certificate.Raw})...)
	path := filepath.Join(t.TempDir(), "identity.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func opensslDecrypt(t *testing.T, raw []byte) []byte {
	t.Helper()
	file := identityFile(t)
	return openssl(t, raw, "cms", "-decrypt", "-inkey", file, "-recip", file)
}

func TestTheRuleForEncryptionDecidesAndOpenSSLOpensBoth(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, kind, algorithms string
		rule                   smime.Rule
		headers                sending.HeaderRule
	}{
		{"auto, before anybody has said what they open", "enveloped-data", "AES-256-CBC", smime.RuleAuto, sending.SignHeaders},
		{"no rule is auto", "enveloped-data", "AES-256-CBC", "", sending.HideSubject},
		{"compat", "enveloped-data", "AES-256-CBC", smime.RuleCompat, sending.HideSubject},
		{"modern", "authEnveloped-data", "AES-256-GCM", smime.RuleModern, sending.SignHeaders},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sealed := 0
			for _, k := range newRig(t).keep(t, everybody(), func(d *sending.Deps) { d.Encryption, d.Headers = c.rule, c.headers }) {
				if !k.sealed() {
					continue
				}
				sealed++
				if kind := k.outside.Header.Get("Content-Type"); !strings.Contains(kind, "smime-type="+c.kind) {
					t.Errorf("Content-Type: %s", kind)
				}
				opened, content := k.open(t)
				if layer := opened.Layers[0]; !strings.HasPrefix(layer.Algorithms, c.algorithms) {
					t.Errorf("sealed with %s", layer.Algorithms)
				}
				signed := opensslDecrypt(t, k.raw)
				theirs := openssl(t, signed, "cms", "-verify", "-CAfile", identityFile(t), "-purpose", "any")
				if string(theirs) != content {
					t.Errorf("openssl reads\n%s\nwe read\n%s", theirs, content)
				}
				read, err := mail.ReadMessage(bytes.NewReader(theirs))
				if err != nil || read.Header.Get("Subject") != secret || !strings.Contains(read.Header.Get("To"), "anna@aau.example") || !strings.Contains(read.Header.Get("Cc"), "eva@klinik.example") {
					t.Errorf("%v: a reader without header protection sees %v", err, read.Header)
				}
			}
			if sealed != 3 {
				t.Errorf("%d sealed copies", sealed)
			}
		})
	}
}
