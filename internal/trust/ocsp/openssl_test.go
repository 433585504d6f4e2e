package ocsp_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xocsp "golang.org/x/crypto/ocsp"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/ocsp"
)

// openssl is a responder's folder: what openssl ocsp needs to answer for an authority.
type openssl struct {
	t      testing.TB
	folder string
	flags  []string
}

// newOpenSSL has signer answer for authority, about certificates with these lines of the index.
func newOpenSSL(t testing.TB, authority *ca.Authority, signer *ca.Identity, lines ...string) *openssl {
	t.Helper()
	peer.Need(t, "openssl", "openssl")
	o := &openssl{t: t, folder: t.TempDir()}
	o.write("signer.pem", must(signer.PEM()))
	issuer := o.write("issuer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Issuing().Certificate.Raw}))
	index := o.write("index.txt", []byte(strings.Join(lines, "\n")+"\n"))
	o.flags = []string{"ocsp", "-index", index, "-CA", issuer, "-rsigner", filepath.Join(o.folder, "signer.pem"), "-rkey", filepath.Join(o.folder, "signer.pem")}
	return o
}

func (o *openssl) write(name string, data []byte) string {
	path := filepath.Join(o.folder, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// answer is what openssl says to request; flags come beside its own.
func (o *openssl) answer(request []byte, flags ...string) []byte {
	out := filepath.Join(o.folder, "answer.der")
	args := append(append(o.flags, "-reqin", o.write("request.der", request), "-respout", out), flags...)
	if text, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
		o.t.Errorf("openssl ocsp: %v: %s", err, text)
	}
	der, err := os.ReadFile(out)
	if err != nil {
		o.t.Error(err)
	}
	return der
}

// Lines of the index, as `openssl ca` writes them: status, end, revocation and reason, serial number, file, subject.
func stands(c *x509.Certificate) string {
	return fmt.Sprintf("V\t%s\t\t%s\tunknown\t/CN=Bo", c.NotAfter.UTC().Format("060102150405Z"), hexSerial(c))
}

func taken(c *x509.Certificate, reason string) string {
	return fmt.Sprintf("R\t%s\t%s%s\t%s\tunknown\t/CN=Bo", c.NotAfter.UTC().Format("060102150405Z"), revokedAt.Format("060102150405Z"), reason, hexSerial(c))
}

var revokedAt = start.Add(-48 * time.Hour)

func hexSerial(c *x509.Certificate) string {
	text := strings.ToUpper(c.SerialNumber.Text(16))
	if len(text)%2 == 1 {
		text = "0" + text
	}
	return text
}

var pss = []string{"-rmd", "sha256", "-rsigopt", "rsa_padding_mode:pss", "-rsigopt", "rsa_pss_saltlen:digest"}

func TestOpenSSLAnswersAndIsUnderstood(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	dkResponder := delegate(t, danish(), ca.Request{PrivateKey: rsaKey()}, nil)
	deResponder := delegate(t, foreign(), ca.Request{}, nil)
	day := []string{"-ndays", "1"}
	cases := []struct {
		name      string
		authority *ca.Authority
		signer    *ca.Identity
		line      func(*x509.Certificate) string
		flags     []string
		want      trust.Status
		cause     string
	}{
		{"a Danish issuer, RSA-PSS with SHA-256", danish(), danish().Issuing(), stands, append(pss, day...), trust.StatusGood, ""},
		{"a Danish issuer, RSA-PSS with SHA-512", danish(), danish().Issuing(), stands, append(append(pss, day...), "-rmd", "sha512"), trust.StatusGood, ""},
		{"a Danish delegate with a PSS-signed certificate", danish(), dkResponder, stands, append(pss, day...), trust.StatusGood, ""},
		{"a Danish delegate, named by its key", danish(), dkResponder, stands, append(pss, "-ndays", "1", "-resp_key_id"), trust.StatusGood, ""},
		{"a Danish issuer, without an end", danish(), danish().Issuing(), stands, pss, trust.StatusGood, ""},
		{"a Danish issuer, PKCS #1 v1.5", danish(), danish().Issuing(), stands, day, trust.StatusGood, ""},
		{"a Danish revocation", danish(), dkResponder, func(c *x509.Certificate) string { return taken(c, ",keyCompromise") }, append(pss, day...), trust.StatusRevoked, ""},
		{"a foreign issuer", foreign(), foreign().Issuing(), stands, day, trust.StatusGood, ""},
		// QUIRK: OpenSSL 3.0 with -rcid writes another hash than it was asked with, and forgets the serial number.
		{"an answer about serial number 0", foreign(), foreign().Issuing(), stands, append(day, "-rcid", "sha256"), trust.StatusUnknown, "not about this"},
		{"a foreign delegate", foreign(), deResponder, stands, day, trust.StatusGood, ""},
		{"a foreign revocation", foreign(), deResponder, func(c *x509.Certificate) string { return taken(c, "") }, day, trust.StatusRevoked, ""},
		{"on hold", foreign(), deResponder, func(c *x509.Certificate) string { return taken(c, ",holdInstruction,holdInstructionReject") }, day, trust.StatusRevoked, ""},
		{"a certificate that it does not know", foreign(), deResponder, func(*x509.Certificate) string { return stands(foreignBo().Certificate) }, day, trust.StatusUnknown, "does not know"},
		{"a broken signature", danish(), dkResponder, stands, append(pss, "-badsig"), trust.StatusUnknown, "signature"},
		{"a delegate that it does not send along", danish(), dkResponder, stands, append(pss, "-resp_no_certs"), trust.StatusUnknown, "neither the issuer"},
		{"RSA-PSS with SHA-1", danish(), danish().Issuing(), stands, []string{"-rmd", "sha1", "-rsigopt", "rsa_padding_mode:pss"}, trust.StatusUnknown, "too weak"},
		{"PKCS #1 v1.5 with SHA-1", danish(), danish().Issuing(), stands, []string{"-rmd", "sha1"}, trust.StatusUnknown, "too weak"},
		{"RSA-PSS with a salt that does not fit the digest", danish(), danish().Issuing(), stands, append(pss, "-rsigopt", "rsa_pss_saltlen:20"), trust.StatusUnknown, "too weak"},
		{"RSA-PSS with two digests", danish(), danish().Issuing(), stands, append(pss, "-rsigopt", "rsa_mgf1_md:sha512"), trust.StatusUnknown, "too weak"},
		{"another authority's responder", danish(), deResponder, stands, day, trust.StatusUnknown, "not by the issuer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			web := newServer(t)
			subject := naming(t, c.authority, web.URL+"/ocsp")
			responder := newOpenSSL(t, c.authority, c.signer, c.line(subject))
			web.at("/ocsp", func(request []byte) []byte { return responder.answer(request, c.flags...) })
			got := check(loopback(&clock{}), subject, c.authority)
			if got.Status != c.want || c.cause != "" && (got.Cause == nil || !strings.Contains(got.Cause.Error(), c.cause)) {
				t.Fatalf("%q (%v), want %q", got.Status, got.Cause, c.want)
			}
			if got.Status == trust.StatusRevoked && !got.RevokedAt.Equal(revokedAt) {
				t.Errorf("revoked at %v, want %v", got.RevokedAt, revokedAt)
			}
			if got.Status != trust.StatusUnknown && (got.Source != "ocsp" || got.ThisUpdate.IsZero() || c.flags[0] == "-ndays" && got.NextUpdate.IsZero()) {
				t.Errorf("what it was read from: %+v", got)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestOpenSSLReadsOurRequest(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	web := newServer(t)
	var request []byte
	address := web.at("/ocsp", func(body []byte) []byte { request = body; return nil })
	subject := naming(t, danish(), address)
	check(loopback(&clock{}), subject, danish())
	path := filepath.Join(t.TempDir(), "request.der")
	if err := os.WriteFile(path, request, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("openssl", "ocsp", "-reqin", path, "-req_text", "-noverify").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	issuer := danish().Issuing().Certificate
	for _, want := range []string{
		"Version: 1 (0x0)", "Hash Algorithm: sha1", "Serial Number: " + hexSerial(subject), "OCSP Nonce:",
		fmt.Sprintf("Issuer Name Hash: %X", hashed(crypto.SHA1, issuer.RawSubject)), fmt.Sprintf("Issuer Key Hash: %X", hashed(crypto.SHA1, keyBits(issuer))),
	} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if bytes.Count(text, []byte("Requestor List")) != 1 || bytes.Count(text, []byte("Certificate ID")) != 1 || bytes.Contains(text, []byte("Signature")) {
		t.Errorf("more than one unsigned question: %s", text)
	}
}

func TestEveryQuestionHasANonceOfItsOwn(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	seen := map[string]bool{}
	address := web.at("/ocsp", func(body []byte) []byte { seen[string(body[len(body)-32:])] = true; return nil })
	check(loopback(&clock{}), naming(t, foreign(), address, address, address), foreign())
	if len(seen) != 3 {
		t.Errorf("%d nonces for 3 questions", len(seen))
	}
}

// TestAnOpenSSLResponderOnItsOwnPort has nothing of ours between the two.
func TestAnOpenSSLResponderOnItsOwnPort(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	identity := must(danish().IssueAll([]ca.Request{{CommonName: "Bo", PrivateKey: rsaKey()}, {CommonName: "Ida", PrivateKey: rsaKey()}}))
	signer := delegate(t, danish(), ca.Request{PrivateKey: rsaKey()}, nil)
	responder := newOpenSSL(t, danish(), signer, stands(identity[0].Certificate), taken(identity[1].Certificate, ",keyCompromise"))
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, "openssl", append(append(responder.flags, "-port", "0", "-ndays", "1"), pss...)...)
	out := must(command.StdoutPipe())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = command.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n') // ACCEPT [::]:45337 PID=25655
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Fields(line)[1]
	at := "http://127.0.0.1" + address[strings.LastIndexByte(address, ':'):]

	source := ocsp.New(ocsp.Deps{Now: time.Now, Client: client(), RequireNonce: true})
	for i, want := range []trust.Status{trust.StatusGood, trust.StatusRevoked} {
		subject := *identity[i].Certificate
		subject.OCSPServer = []string{at} // as if it had been there before the port was known
		if got := check(source, &subject, danish()); got.Status != want {
			t.Errorf("certificate %d: %q, want %q (%v)", i, got.Status, want, got.Cause)
		}
	}
}

// TestTheUsualLibraryCannotReadADanishAnswer is why this package verifies by itself. Where this test fails, the library has
// learnt RSASSA-PSS, and there is a choice again.
func TestTheUsualLibraryCannotReadADanishAnswer(t *testing.T) {
	t.Parallel()
	subject, issuer := danishBo().Certificate, danish().Issuing()
	responder := newOpenSSL(t, danish(), issuer, stands(subject))
	der := responder.answer(must(xocsp.CreateRequest(subject, issuer.Certificate, nil)), append(pss, "-ndays", "1")...)
	if got, err := ocsp.Parse(der, subject, issuer.Certificate, nil, start); err != nil || got.Status != trust.StatusGood {
		t.Errorf("here it is %q (%v)", got.Status, err)
	}
	if _, err := xocsp.ParseResponseForCert(der, subject, issuer.Certificate); err == nil {
		t.Error("golang.org/x/crypto/ocsp reads it")
	}
}

func TestAnAnswerByAnotherHashIsFound(t *testing.T) {
	t.Parallel()
	subject, issuer := foreignBo().Certificate, foreign().Issuing()
	responder := newOpenSSL(t, foreign(), issuer, stands(subject))
	for name, hash := range map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512} {
		request := must(xocsp.CreateRequest(subject, issuer.Certificate, &xocsp.RequestOptions{Hash: hash}))
		got, err := ocsp.Parse(responder.answer(request, "-ndays", "1"), subject, issuer.Certificate, nil, start)
		if err != nil || got.Status != trust.StatusGood {
			t.Errorf("%s: %q (%v)", name, got.Status, err)
		}
	}
}
