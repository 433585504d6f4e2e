package partners

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

func openssl(t *testing.T, input []byte, arguments ...string) string {
	t.Helper()
	peer.Need(t, "openssl", "openssl")
	command := exec.CommandContext(t.Context(), "openssl", arguments...)
	command.Stdin = bytes.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

func TestWhatIsFetchedCanBeReadByOpenSSL(t *testing.T) {
	t.Parallel()
	h := open(&database{list: mailboxes()})
	const its = "/certificates/sikkermail@its.aau.example"
	der := ask(t, h, "GET", its+".cer").Body.Bytes()
	told := openssl(t, der, "x509", "-inform", "der", "-noout", "-subject", "-fingerprint", "-sha256")
	digest := mailbox.Fingerprint(mailboxes()[0].Certificate)
	if plain := strings.ReplaceAll(told, ":", ""); !strings.Contains(plain, strings.Join(fours(digest), "")) || !strings.Contains(told, "ITS Sikker Mail") {
		t.Errorf("openssl read %s", told)
	}

	bundle := openssl(t, ask(t, h, "GET", its+".p7b").Body.Bytes(), "pkcs7", "-inform", "der", "-print_certs", "-noout")
	if strings.Count(bundle, "subject=") != 1+len(mailboxes()[0].Chain) || !strings.Contains(bundle, "ITS Sikker Mail") || !strings.Contains(bundle, "S/MIME CA 1") {
		t.Errorf("openssl read %s", bundle)
	}

	key := properties(t, ask(t, h, "GET", its+".vcf").Body.Bytes())["KEY"]
	raw, err := base64.StdEncoding.DecodeString(key[0])
	if err != nil {
		t.Fatal(err)
	}
	if c, err := x509.ParseCertificate(raw); err != nil || !c.Equal(mailboxes()[0].Certificate) {
		t.Errorf("the contact holds another certificate: %v", err)
	}
}
