package app

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/smime"
)

// said is what one run of the program came to.
type said struct {
	status   int
	out, err string
}

func sendsikker(in string, args ...string) said {
	var out, err bytes.Buffer
	status := start(args, Assets{}, console{strings.NewReader(in), &out, &err}, kong.Exit(func(int) { panic(io.EOF) }))
	return said{status, out.String(), err.String()}
}

const (
	danishKey  = "bo@partner.example" // RSA
	foreignKey = "chen@uni.example"   // P-256
	another    = "snart@partner.example"
)

const testMail = "From: Chen <chen@uni.example>\r\nTo: bo@partner.example\r\nBcc: secret@partner.example\r\nSubject: Hej\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n" +
	"Message-ID: <1@uni.example>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nRød grød med fløde\r\n"

const testEntity = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nRød grød med fløde\r\n"

// desk is a folder with keys, certificates and what was written.
type desk struct{ folder string }

func newDesk(t *testing.T) desk {
	t.Helper()
	return desk{keysAndAuthorities(t)}
}

func (d desk) key(address string) string { return filepath.Join(d.folder, "keys", address+".pem") }
func (d desk) path(name string) string   { return filepath.Join(d.folder, name) }

func (d desk) sealed(t *testing.T, args ...string) string {
	t.Helper()
	got := sendsikker(testMail, append([]string{"smime", "seal", "--sign", d.key(foreignKey), "--to", d.key(danishKey)}, args...)...)
	if got.status != 0 {
		t.Fatalf("seal: %+v", got)
	}
	return got.out
}

func TestWhatTheCommandSealsTheCommandOpens(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		seal []string
		tell []string
	}{
		"as everybody can read it": {nil, []string{"AES-256-CBC, RSA PKCS #1 v1.5, for 1 recipient", "2. Clear-signed", "good signature", "trusted: ", "From agrees: chen@uni.example"}},
		"modern and opaque":        {[]string{"--profile", "modern", "--form", "opaque"}, []string{"AES-256-GCM, RSA-OAEP", "2. Opaque-signed", "good signature"}},
		"unsigned":                 {[]string{"--form", "unsigned"}, []string{"Nobody signed"}},
	} {
		mail := d.sealed(t, c.seal...)
		got := sendsikker(mail, "smime", "open", "--key", d.key(danishKey), "--anchors", d.path("ca.pem"))
		if got.status != 0 || got.out != testEntity {
			t.Errorf("%s: %+v", name, got)
		}
		for _, want := range c.tell {
			if !strings.Contains(got.err, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, got.err)
			}
		}
	}
}

func TestTheFieldsOfAMailStayOutsideAndBccIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := sendsikker(testMail, "smime", "seal", "--sign", d.key(foreignKey), "--to", d.key(danishKey))
	head, _, _ := strings.Cut(got.out, "\r\n\r\n")
	for _, want := range []string{"From: Chen <chen@uni.example>", "To: bo@partner.example", "Subject: Hej", "Date: ", "Message-ID: <1@uni.example>", "MIME-Version: 1.0", "Content-Type: application/pkcs7-mime"} {
		if strings.Count(head, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, head)
		}
	}
	if strings.Contains(got.out, "secret@") || strings.Contains(head, "text/plain") {
		t.Errorf("outside:\n%s", head)
	}
	if !strings.Contains(got.err, "Left out") || !strings.Contains(got.err, "Bcc") || strings.Contains(got.err, "secret@") {
		t.Errorf("of Bcc is said: %q", got.err)
	}
}

func TestABareEntityIsSealedAndAMailWithoutATypeIsText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct{ in, want string }{
		"an entity":             {testEntity, testEntity},
		"line ends of Unix":     {strings.ReplaceAll(testEntity, "\r\n", "\n"), testEntity},
		"no Content-Type":       {"From: a@b.example\n\nhello\n", "Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n"},
		"a byte order mark":     {"\xef\xbb\xbf" + testEntity, testEntity},
		"a line of an mbox":     {"From chen Mon Nov 23\n" + testEntity, testEntity},
		"a header and no body ": {"Content-Type: text/plain\r\n", "Content-Type: text/plain\r\n\r\n"},
	} {
		sealed := sendsikker(c.in, "smime", "seal", "--sign", d.key(foreignKey), "--to", d.key(danishKey))
		got := sendsikker(sealed.out, "smime", "open", "--key", d.key(danishKey))
		if sealed.status != 0 || got.status != 0 || got.out != c.want {
			t.Errorf("%s: %+v\n%+v", name, sealed.err, got)
		}
	}
}

func TestInspectTellsOfASealedMailWithoutAKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mail := d.sealed(t, "--to", d.key(foreignKey))
	text := sendsikker(mail, "smime", "inspect")
	for _, want := range []string{"encrypted: AES-256-CBC", "recipient 1: key transport, RSA PKCS #1 v1.5", "recipient 2: key agreement, ECDH", "serial "} {
		if text.status != 0 || !strings.Contains(text.out, want) {
			t.Errorf("%q is not in\n%s%s", want, text.out, text.err)
		}
	}
	var report smime.Report
	got := sendsikker(mail, "smime", "inspect", "--json")
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.status != 0 || len(report.Layers) != 1 || len(report.Layers[0].Recipients) != 2 {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestOpenAndInspectTakeDERAndPEMAndBase64(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, body, _ := strings.Cut(d.sealed(t), "\r\n\r\n")
	block, _ := pem.Decode([]byte("-----BEGIN CMS-----\n" + body + "-----END CMS-----\n"))
	if block == nil {
		t.Fatal("the body is no base64")
	}
	for name, in := range map[string]string{
		"DER":                string(block.Bytes),
		"PEM":                string(pem.EncodeToMemory(block)),
		"PEM named PKCS7":    string(pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: block.Bytes})) + "and more text\n",
		"base64 and no more": body,
	} {
		if got := sendsikker(in, "smime", "open", "--key", d.key(danishKey)); got.status != 0 || got.out != testEntity {
			t.Errorf("%s: %+v", name, got)
		}
		if got := sendsikker(in, "smime", "inspect"); got.status != 0 || !strings.HasPrefix(got.out, "encrypted: ") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := sendsikker("-----BEGIN CMS-----\n"+body[:len(body)-200], "smime", "open", "--key", d.key(danishKey)); got.status != 1 || got.out != "" {
		t.Errorf("PEM cut short: %+v", got)
	}
}

func TestNothingIsWrittenOfAMailThatIsNotOpened(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	d := newDesk(t)
	mail := d.sealed(t)
	signed := run(t, nil, "openssl", "cms", "-sign", "-in", put(t, d.folder, "plain.txt", []byte("hello\r\n")), "-signer", d.key(foreignKey), "-inkey", d.key(foreignKey))
	for name, c := range map[string]struct{ in, key, want string }{
		"another key":         {mail, d.key(another), "not encrypted to any"},
		"an altered mail":     {altered(mail), d.key(danishKey), "could not be opened"},
		"cut short":           {mail[:len(mail)-100], d.key(danishKey), "broken or incomplete"},
		"an altered signed":   {strings.Replace(signed, "hello", "hullo", 1), d.key(danishKey), "does not fit its content"},
		"neither":             {testMail, d.key(danishKey), "nothing to open"},
		"a key where no mail": {string(get(t, d.key(danishKey))), d.key(danishKey), "PEM file with"},
		"nothing":             {"", d.key(danishKey), "empty"},
		"an Outlook file":     {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", d.key(danishKey), ".eml"},
		"a .p12":              {"\x30\x82\x01\x00\x02\x01\x03", d.key(danishKey), ".p12"},
		"a certificate":       {"\x30\x82\x01\x00\x30\x82", d.key(danishKey), "certificate"},
		"OpenPGP":             {"-----BEGIN PGP MESSAGE-----\n", d.key(danishKey), "OpenPGP"},
		"UTF-16":              {"\xff\xfeF\x00r\x00", d.key(danishKey), "UTF-16"},
		"noise":               {"\x00\x01\x02", d.key(danishKey), "broken or incomplete"},
	} {
		out := d.path("never-" + strings.ReplaceAll(name, " ", "-"))
		got := sendsikker(c.in, "smime", "open", "--key", c.key, "--out", out)
		if got.status != 1 || !strings.Contains(got.err, c.want) || got.out != "" {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
		if got := sendsikker(c.in, "smime", "open", "--key", c.key); got.status != 1 || got.out != "" {
			t.Errorf("%s: to standard output: %+v", name, got)
		}
		_ = sendsikker(c.in, "smime", "inspect", "--out", out+".txt") // whatever it says, it ends
	}
	left, err := filepath.Glob(d.path(".never*"))
	more, _ := filepath.Glob(d.path("never-*"))
	for _, name := range more {
		if !strings.HasSuffix(name, ".txt") {
			left = append(left, name)
		}
	}
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v (%v)", left, err)
	}
}

// altered turns a letter in the middle of the content.
func altered(mail string) string {
	b := []byte(mail)
	at := len(b) - 600
	for b[at] < 'a' || b[at] > 'y' { // stays in the alphabet of base64
		at++
	}
	b[at]++
	return string(b)
}

func TestAFileThatWasThereStaysAsItWasWhereSealingFails(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := put(t, d.folder, "sealed.eml", []byte("the old one"))
	for name, in := range map[string]string{"no header": "hello", "empty": "", "two types": "Content-Type: a/b\nContent-Type: c/d\n\n"} {
		got := sendsikker(in, "smime", "seal", "--sign", d.key(foreignKey), "--to", d.key(danishKey), "--out", out)
		if got.status != 1 || string(get(t, out)) != "the old one" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := sendsikker(testMail, "smime", "seal", "--sign", d.key(foreignKey), "--to", d.key(danishKey), "--out", out); got.status != 0 || !strings.HasPrefix(string(get(t, out)), "From: ") {
		t.Errorf("%+v", got)
	}
	if left, err := filepath.Glob(d.path(".sealed*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v (%v)", left, err)
	}
}

func TestADeviceIsWrittenToAndNotReplaced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := sendsikker(testMail, "smime", "seal", "--sign", d.key(foreignKey), "--to", d.key(danishKey), "--out", os.DevNull); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestAKeyThatCannotBeUsedIsSaidWithTheWayOut(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	d := newDesk(t)
	locked := d.path("locked.pem")
	run(t, nil, "openssl", "pkey", "-in", d.key(danishKey), "-aes256", "-passout", "pass:hest", "-out", locked)
	old := d.path("old.pem")
	run(t, nil, "openssl", "rsa", "-in", d.key(danishKey), "-aes128", "-traditional", "-passout", "pass:hest", "-out", old)
	for name, c := range map[string]struct{ key, want string }{
		"an encrypted key":      {locked, "password"},
		"an old encrypted key":  {old, "password"},
		"certificates alone":    {d.path("ca.pem"), "no private key"},
		"another's certificate": {put(t, d.folder, "bare.pem", keyOnly(t, d.key(danishKey))) + "," + d.path("ca.pem"), "no certificate in it that belongs"},
		"two keys":              {d.key(danishKey) + "," + d.key(foreignKey), "more than one"},
		"no file":               {d.path("gone"), "gone"},
		"no PEM":                {put(t, d.folder, "text", []byte("hello")), "neither PKCS #12"},
	} {
		got := sendsikker(testMail, "smime", "open", "--key", c.key)
		if got.status != 1 || !strings.Contains(got.err, c.want) {
			t.Errorf("open, %s: %+v", name, got)
		}
		got = sendsikker(testMail, "smime", "seal", "--sign", c.key, "--to", d.key(danishKey))
		if got.status != 1 || !strings.Contains(got.err, c.want) || got.out != "" {
			t.Errorf("seal, %s: %+v", name, got)
		}
	}
}

func keyOnly(t *testing.T, file string) []byte {
	t.Helper()
	block, _ := pem.Decode(get(t, file))
	if block == nil || block.Type != "PRIVATE KEY" {
		t.Fatal("the key does not come first")
	}
	return pem.EncodeToMemory(block)
}

func TestOpenSSLReadsWhatTheCommandSealed(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	d := newDesk(t)
	for _, form := range []string{"detached", "opaque"} {
		put(t, d.folder, danishKey+".eml", []byte(d.sealed(t, "--form", form)))
		if got := openSealed(t, d.folder, danishKey, danishKey); string(got) != testEntity {
			t.Errorf("%s: %q", form, got)
		}
	}
}

func TestTheCommandOpensWhatOpenSSLWrote(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	d := newDesk(t)
	entity := put(t, d.folder, "entity", []byte(testEntity))
	signed, key, ca := d.path("signed"), d.key(danishKey), d.path("ca.pem")
	for name, c := range map[string]struct{ sign, encrypt []string }{
		"S/MIME, detached":   {nil, nil},
		"S/MIME, opaque":     {[]string{"-nodetach"}, nil},
		"DER":                {nil, []string{"-outform", "DER"}},
		"PEM":                {nil, []string{"-outform", "PEM"}},
		"S/MIME, as streams": {[]string{"-stream"}, []string{"-stream"}},
		"AES-GCM in DER":     {nil, []string{"-aes-256-gcm", "-outform", "DER"}},
	} {
		sealed := filepath.Join(t.TempDir(), "sealed")
		run(t, nil, "openssl", append([]string{"cms", "-sign", "-binary", "-in", entity, "-signer", d.key(foreignKey), "-inkey", d.key(foreignKey), "-out", signed}, c.sign...)...)
		run(t, nil, "openssl", append(append([]string{"cms", "-encrypt", "-binary", "-aes256", "-in", signed, "-out", sealed}, c.encrypt...), key)...)
		got := sendsikker("", "smime", "open", "--key", key, "--anchors", ca, sealed)
		if got.status != 0 || got.out != testEntity || !strings.Contains(got.err, "good signature") || !strings.Contains(got.err, "     trusted") {
			t.Errorf("%s: %+v", name, got)
		}
		if got := sendsikker("", "smime", "inspect", sealed); got.status != 0 || !strings.HasPrefix(got.out, "encrypted: AES-256-") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOpenWithLayersWritesNoContent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := sendsikker(d.sealed(t), "smime", "open", "--layers", "--key", d.key(danishKey))
	if got.status != 0 || got.out != "" || !strings.Contains(got.err, "not trusted: no anchors were given") {
		t.Errorf("%+v", got)
	}
}

func TestTheHelpOfEachCommandNamesItsFlags(t *testing.T) {
	t.Parallel()
	for command, flags := range map[string][]string{
		"seal": {"--sign", "--to", "--profile", "--form", "--pss", "--post-quantum", "--out"}, "open": {"--key", "--anchors", "--layers", "--out"}, "inspect": {"--json", "--out"},
	} {
		var out bytes.Buffer
		func() {
			defer func() {
				if ended, _ := recover().(error); !errors.Is(ended, io.EOF) {
					t.Errorf("%s: --help does not end the program", command)
				}
			}()
			start([]string{"smime", command, "--help"}, Assets{}, console{nil, &out, &out}, kong.Exit(func(int) { panic(io.EOF) }))
		}()
		for _, want := range append(flags, "standard input") {
			if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
				t.Errorf("%s: %q is not in\n%s", command, want, out.String())
			}
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, seed := range []string{testMail, "", "-----BEGIN CMS-----\nMIAGCSqG\n-----END CMS-----\n", "\x30\x80\x06\x09", "MI" + strings.Repeat("A", 80) + "\n", "From x\n", "\xef\xbb\xbf", "\x30", "\x30\xff"} {
		f.Add([]byte(seed))
	}
	// Property: whatever stands there is either refused with a sentence or handed on, with at most the header of an entity
	// more than came in.
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := mailFrom(bytes.NewReader(in))
		if err != nil {
			if err.Error() == "" || r != nil {
				t.Fatalf("%v, %v", r, err)
			}
			return
		}
		out, _ := io.ReadAll(r)
		if len(out) > len(in)+100 {
			t.Fatalf("%d out of %d", len(out), len(in))
		}
	})
}
