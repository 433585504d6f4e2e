package app

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/smime"
)

// file writes something for a command to read.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func asPEM(kind string, ders ...[]byte) []byte {
	var text []byte
	for _, der := range ders {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
	}
	return text
}

func TestOneCertificateFileIsJudged(t *testing.T) {
	t.Parallel()
	u := shared.university
	good, err := u.Foreign.Issue(ca.Request{CommonName: "Ny", Address: "ny@partner.example"})
	if err != nil {
		t.Fatal(err)
	}
	revoked, err := u.Foreign.Issue(ca.Request{CommonName: "Ny", Address: "ny@partner.example"})
	if err != nil {
		t.Fatal(err)
	}
	u.Foreign.Revoke(revoked.Certificate)
	list, err := u.Foreign.CRL()
	if err != nil {
		t.Fatal(err)
	}
	rootList, err := u.Foreign.RootCRL()
	if err != nil {
		t.Fatal(err)
	}
	root, issuer := file(t, "root.pem", asPEM("CERTIFICATE", u.Foreign.Root().Raw)), file(t, "issuer.pem", asPEM("CERTIFICATE", u.Foreign.Issuing().Certificate.Raw))
	p7b, err := bundle.P7B([]*x509.Certificate{good.Certificate, u.Foreign.Issuing().Certificate})
	if err != nil {
		t.Fatal(err)
	}
	leaf, bad := file(t, "leaf.cer", good.Certificate.Raw), file(t, "bad.pem", asPEM("CERTIFICATE", revoked.Certificate.Raw))
	own := []string{"--profile", "own", "--anchors", root, "--intermediates", issuer}
	lists := []string{"--crl", file(t, "list.crl", list), "--crl", file(t, "root.crl.pem", asPEM("X509 CRL", rootList))}
	cases := []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"good, and revocation is not looked at", append(own, leaf), 0, "revocation_unknown"},
		{"good by the lists", append(append(own, lists...), leaf), 0, "good (CRL of"},
		{"revoked by the lists", append(append(own, lists...), bad), 1, "revoked"},
		{"good for its address", append(append(own, lists...), "--for", "ny@partner.example", leaf), 0, "ok: "},
		{"not for another", append(append(own, lists...), "--for", "ida@partner.example", leaf), 1, "wrong_address"},
		{"expired later", append(append(own, "--at", time.Now().AddDate(5, 0, 0).Format(time.RFC3339)), leaf), 1, "expired"},
		{"its issuer in the file", []string{"--profile", "own", "--anchors", root, file(t, "both.p7b", p7b)}, 0, "Path of 3"},
		{"its issuer missing", []string{"--profile", "own", "--anchors", root, leaf}, 1, "unknown_issuer"},
		{"unknown to OCES3", []string{leaf}, 1, "unknown_issuer"},
		{"unknown to OCES3, with the advice in Danish", []string{leaf}, 1, "it-support"},
		{"another root is no root of the OCES3 test environment", []string{"--profile", "oces3-test", "--anchors", root, leaf}, 1, "test environment"},
		{"a profile without roots", []string{"--profile", "own", leaf}, 1, "needs --anchors"},
		{"no certificate", []string{file(t, "x.cer", []byte("x"))}, 1, "no certificate was found"},
		{"no list", append(own, "--crl", leaf, leaf), 1, "no revocation list"},
	}
	for _, c := range cases {
		got := sendsikker("", append([]string{"cert", "check"}, c.args...)...)
		if got.status != c.status || !strings.Contains(got.out+got.err, c.says) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	var told struct {
		Usable   bool
		Code     string
		Say      struct{ DA, EN string }
		Evidence struct{ Path []string }
	}
	got := sendsikker("", append(append([]string{"cert", "check", "--json"}, append(own, lists...)...), bad)...)
	if err := json.Unmarshal([]byte(got.out), &told); err != nil || got.status != 1 || told.Usable || told.Code != "revoked" || told.Say.DA == "" || len(told.Evidence.Path) != 3 {
		t.Errorf("%v: %+v", err, got)
	}
}

// office is a data folder that commands work on, with the settings that say whom it trusts.
type office struct {
	t     *testing.T
	flags []string
}

func newOffice(t *testing.T) office {
	u := shared.university
	roots := file(t, "roots.pem", asPEM("CERTIFICATE", u.Danish.Root().Raw, u.Foreign.Root().Raw))
	issuers := file(t, "issuers.pem", asPEM("CERTIFICATE", u.Danish.Issuing().Certificate.Raw, u.Foreign.Issuing().Certificate.Raw))
	// The pretend authorities publish their lists on loopback, which a service never asks: what a certificate says of
	// revocation is unknown here.
	return office{t, []string{"--data", t.TempDir(), "--no-trust-oces3", "--trust-roots", roots, "--trust-intermediates", issuers}}
}

func (o office) run(args ...string) said {
	o.t.Helper()
	return sendsikker("", append(args, o.flags...)...)
}

func TestAnOperatorPinsListsAndTakesAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one := issueFor(t, shared.university.Danish, "")
	cer := file(t, "bo.cer", one.Certificate.Raw)
	if got := o.run("cert", "pin", "region.example", cer); got.status != 0 || !strings.Contains(got.out, "Pinned for @region.example") || !strings.Contains(got.out, "revocation_unknown") {
		t.Fatalf("%+v", got)
	}
	if got := o.run("certificate", "pin", "not an address", cer); got.status != 1 || !strings.Contains(got.err, "Say whom the certificate is for") {
		t.Errorf("%+v", got)
	}
	got := o.run("cert", "list")
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(got.out)
	if got.status != 0 || !strings.Contains(got.out, "@region.example") || !strings.Contains(got.out, "Ny Partner") || id == "" {
		t.Fatalf("%+v", got)
	}
	if got := o.run("cert", "recheck"); got.status != 0 || !strings.Contains(got.out, "1 certificates: 1 cannot be used now") {
		t.Errorf("%+v", got)
	}
	if got := o.run("cert", "list", "--breaking"); !strings.Contains(got.out, "revocation_unknown") {
		t.Errorf("%+v", got)
	}
	if got := o.run("recipients", "check", "ida@region.example", "x@y.example"); got.status != 1 || !strings.Contains(got.out, "from pinned") || !strings.Contains(got.out, "no_certificate") {
		t.Errorf("%+v", got)
	}
	if got := o.run("cert", "remove", id); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := o.run("cert", "remove", id); got.status != 1 || !strings.Contains(got.err, "no such certificate") {
		t.Errorf("%+v", got)
	}
}

// signedLetter is a mail that somebody signed and did not encrypt.
func signedLetter(t *testing.T, from string, by *ca.Identity) []byte {
	t.Helper()
	var der bytes.Buffer
	w, err := cms.NewOpaque(&der, cms.SignConfig{
		Certificate: by.Certificate, Chain: by.Chain, Key: by.Key, Digest: crypto.SHA256, Time: time.Now().Add(-time.Minute), Opens: smime.Modern().Opens,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("Content-Type: text/plain; charset=utf-8\r\n\r\nRød grød\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte("From: " + from + "\r\nTo: sikkermail@its.aau.example\r\nSubject: Hej\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(der.Bytes()) + "\r\n")
}

func TestAnOperatorLearnsFromASignedMailAndDecidesAboutItsIssuer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mail := file(t, "signed.eml", signedLetter(t, "ny@partner.example", issueFor(t, shared.university.Stranger, "ny@partner.example")))
	if got := o.run("cert", "learn", mail); got.status != 0 || !strings.Contains(got.out, "waits for a decision") || !strings.Contains(got.out, "unknown_issuer") {
		t.Fatalf("%+v", got)
	}
	got := o.run("cert", "list", "--pending")
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(got.out)
	if got := o.run("cert", "approve", "--authority", id); got.status != 0 || !strings.Contains(got.out, "In use for ny@partner.example") {
		t.Fatalf("%+v", got)
	}
	got = o.run("authority", "list")
	print := regexp.MustCompile(`[0-9a-f]{64}`).FindString(got.out)
	if got.status != 0 || print == "" {
		t.Fatalf("%+v", got)
	}
	if got := o.run("authority", "remove", print); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := o.run("authority", "add", file(t, "ca.cer", shared.university.Stranger.Root().Raw)); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := o.run("cert", "learn", file(t, "plain.eml", []byte("From: a@b.example\r\n\r\nhej\r\n"))); got.status != 1 || !strings.Contains(got.err, "no signature") {
		t.Errorf("%+v", got)
	}
}

func TestSettingsThatCannotHoldAreNamed(t *testing.T) {
	t.Parallel()
	root := file(t, "root.pem", asPEM("CERTIFICATE", shared.university.Danish.Root().Raw))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a directory that trusts nobody there is": {[]string{`--directories={"name":"a","profile":"generic","host":"ldap.example","tls":"ldaps","base":"c=dk","trust":["nobody"]}`}, `trust names "nobody"`},
		"a directory without a host":              {[]string{`--directories={"name":"a"}`}, "directories[0]"},
		"a resolver far away":                     {[]string{"--dns-resolver", "192.0.2.1:53"}, "dns-resolver"},
		"test authorities in production":          {[]string{"--trust-oces3-test", root}, "trust-oces3-test"},
		"a root that is not the test root":        {[]string{"--trust-environment", "test", "--trust-oces3-test", root}, "trust-oces3-test"},
	} {
		got := sendsikker("", append([]string{"cert", "list", "--data", t.TempDir()}, c.args...)...)
		if got.status != 1 || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
