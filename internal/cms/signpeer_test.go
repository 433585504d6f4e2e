package cms

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

func TestOpenSSLReadsWhatIsSigned(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	content := bytes.Repeat([]byte("hej med dig\r\n"), 3000) // several parts
	tried := 0
	for name, c := range kinds() {
		if name == "Ed25519" {
			continue // openssl before 3.2: "invalid digest"
		}
		c.Opens, c.EncryptTo = allCapabilities(), c.Certificate
		for form, der := range map[string][]byte{"detached": detached(c, content), "opaque": opaque(c, content)} {
			tried++
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				file := func(name string, data []byte) string {
					path := filepath.Join(folder, name)
					if err := os.WriteFile(path, data, 0o600); err != nil {
						t.Fatal(err)
					}
					return path
				}
				root := file("root", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate.Raw}))
				args := []string{"cms", "-verify", "-binary", "-purpose", "any", "-inform", "DER", "-in", file("message", der), "-CAfile", root}
				if form == "detached" {
					args = append(args, "-content", file("content", content))
				}
				command := exec.CommandContext(t.Context(), "openssl", args...)
				var said strings.Builder
				command.Stderr = &said
				got, err := command.Output()
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%v, %d octets of %d: %s", err, len(got), len(content), said.String())
				}
			})
		}
	}
	if tried != 16 {
		t.Errorf("%d messages tried", tried)
	}
}
