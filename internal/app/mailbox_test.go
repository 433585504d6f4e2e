package app

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/smime"
)

// One mailbox by the command line alone: request, certificate, settings, roll-over, and its old mail.
func TestAnOperatorHasAMailboxWithoutThePages(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	data := t.TempDir()
	const box = "box@unit.example"
	authority, err := ca.NewForeign(ca.Options{}) // of one's own: it publishes no list
	if err != nil {
		t.Fatal(err)
	}
	root := file(t, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Root().Raw}))
	run1 := func(args ...string) said {
		t.Helper()
		return sendsikker("", append(args, "--data", data)...)
	}
	judged := func(args ...string) said {
		t.Helper()
		return run1(append(args, "--no-trust-oces3", "--trust-roots", root, "--trust-unpublished", "warn")...)
	}
	asked := run1("mailbox", "request", box, "--name", "Unit", "--organisation", "Eksempel", "--kind", "p-256")
	block, _ := pem.Decode([]byte(asked.out))
	if asked.status != 0 || block == nil {
		t.Fatalf("%+v", asked)
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := authority.Issue(ca.Request{CommonName: "Unit", Address: box, PrivateKey: publicOnly{request.PublicKey}})
	if err != nil {
		t.Fatal(err)
	}
	certificate := file(t, "answer.pem", answer.CertificatePEM())
	if got := judged("mailbox", "add", box, "--certificate", certificate); got.status != 1 || !strings.Contains(got.err, "Type the name") {
		t.Errorf("without a name: %+v", got)
	}
	if got := judged("mailbox", "add", box, "--certificate", certificate, "--name", "Unit"); got.status != 0 || !strings.Contains(got.out, "is in place") {
		t.Fatalf("%+v", got)
	}
	if got := run1("mailbox", "set", box, "--no-enabled", "--no-receipts", "--language", "en", "--undo", "1m", "--per-minute", "5"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if got := run1("mailbox", "show", box); got.status != 0 || !strings.Contains(got.out, "closed") || !strings.Contains(got.out, `Undo 1m0s, receipts false, language "en", 5 copies`) {
		t.Errorf("%+v", got)
	}

	// The next key comes as PKCS #12 under a password.
	next := issueFor(t, authority, box)
	text, err := next.PEM()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	p12 := folder + "/next.p12"
	run(t, nil, "openssl", "pkcs12", "-export", "-in", file(t, "next.pem", text), "-out", p12, "-passout", "pass:hest")
	password := file(t, "password", []byte("hest\r\n"))
	if got := judged("mailbox", "import", box, "--key", p12, "--password-file", file(t, "wrong", []byte("Hest"))); got.status != 1 || !strings.Contains(got.err, "password does not open") {
		t.Errorf("a wrong password: %+v", got)
	}
	from := time.Now().Add(time.Hour).Format(time.RFC3339)
	if got := judged("mailbox", "import", box, "--key", p12, "--password-file", password, "--from", from); got.status != 0 || !strings.Contains(got.out, "changes its key at "+from) {
		t.Fatalf("%+v", got)
	}
	shown := run1("mailbox", "show", box)
	id := regexp.MustCompile(`(?m)^planned .* (\S+)$`).FindStringSubmatch(shown.out)
	if id == nil {
		t.Fatalf("%+v", shown)
	}
	if got := run1("mailbox", "drop", box, id[1]); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := judged("mailbox", "import", box, "--key", p12, "--password-file", password); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if got := run1("mailbox", "show", box); !strings.Contains(got.out, "former") || !strings.Contains(got.out, "closed") {
		t.Errorf("the key before is gone, or the settings: %+v", got)
	}
	for name, to := range map[string]*x509.Certificate{"old mail": answer.Certificate, "new mail": next.Certificate} {
		var out bytes.Buffer
		profile := smime.Compat()
		profile.Form = smime.Unsigned
		if _, err := sealMail(strings.NewReader(testMail), &out, profile, smime.Signer{}, []*x509.Certificate{to}); err != nil {
			t.Fatal(err)
		}
		if got := sendsikker(out.String(), "mailbox", "open", box, "--data", data); got.status != 0 || got.out != testEntity {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := run1("mailbox", "list"); !strings.Contains(got.out, box) || !strings.Contains(got.out, "closed") {
		t.Errorf("%+v", got)
	}
}

// publicOnly is the half of a key that an authority sees.
type publicOnly struct{ public crypto.PublicKey }

func (p publicOnly) Public() crypto.PublicKey { return p.public }
func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("an authority has no subscriber's key")
}
