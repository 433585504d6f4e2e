package app

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

func run(t *testing.T, env []string, program string, args ...string) string {
	t.Helper()
	command := exec.Command(program, args...)
	command.Env = append(os.Environ(), env...)
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out.String(), said.String())
	}
	return out.String()
}

func put(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func get(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// keysAndAuthorities is a folder like the demo's --out, before anything was sent.
func keysAndAuthorities(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	if err := writeKeys(shared.university, filepath.Join(out, "keys"), addressesOf(shared.university)); err != nil {
		t.Fatal(err)
	}
	if err := writeAuthorities(shared.university, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// openSealed decrypts and verifies with what lies in out and with OpenSSL's defaults: its purpose for --verify is S/MIME signing.
func openSealed(t *testing.T, out, key, file string) []byte {
	t.Helper()
	dir := t.TempDir()
	identity, inner, text := filepath.Join(out, "keys", key+".pem"), filepath.Join(dir, "inner"), filepath.Join(dir, "text")
	run(t, nil, "openssl", "cms", "-decrypt", "-in", filepath.Join(out, file+".eml"), "-inkey", identity, "-recip", identity, "-out", inner)
	run(t, nil, "openssl", "cms", "-verify", "-in", inner, "-CAfile", filepath.Join(out, "ca.pem"), "-out", text)
	return get(t, text)
}

// oldPKCS12 makes the one kind that gpgsm 2.2, NSS and OpenSSL all read. Without a password gpg-agent keeps the key as it is and
// asks nobody.
func oldPKCS12(t *testing.T, out, address, dir string) string {
	t.Helper()
	p12 := filepath.Join(dir, "key.p12")
	run(t, nil, "openssl", "pkcs12", "-export", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1",
		"-in", filepath.Join(out, "keys", address+".pem"), "-name", "us", "-out", p12, "-passout", "pass:")
	return p12
}

// roots are the self-signed certificates of the demo's ca.pem.
func roots(t *testing.T, out string) []*x509.Certificate {
	t.Helper()
	var list []*x509.Certificate
	for block, rest := pem.Decode(get(t, filepath.Join(out, "ca.pem"))); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		t.Fatal("ca.pem holds no root")
	}
	return list
}

// reader is another program with one recipient's key: it decrypts der and says that the signature inside is good.
type reader func(t *testing.T, der []byte) (entity []byte)

// gpgsm makes a GNUPGHOME with the address's key that trusts the roots. /tmp, because the agent's socket must fit into 108 bytes.
func gpgsm(t *testing.T, out, address string) reader {
	t.Helper()
	home, err := os.MkdirTemp("/tmp", "sikker")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"GNUPGHOME=" + home}
	t.Cleanup(func() {
		command := exec.Command("gpgconf", "--kill", "all") // the agent outlives the test otherwise
		command.Env = append(os.Environ(), env...)
		_ = command.Run()
		_ = os.RemoveAll(home)
	})
	put(t, home, "gpgsm.conf", []byte("disable-crl-checks\ndisable-dirmngr\nbatch\nno-tty\npinentry-mode loopback\n"))
	put(t, home, "gpg-agent.conf", []byte("allow-loopback-pinentry\n"))
	var trust strings.Builder
	for _, c := range roots(t, out) {
		fmt.Fprintf(&trust, "%X S relax\n", sha1.Sum(c.Raw))
	}
	put(t, home, "trustlist.txt", []byte(trust.String()))
	run(t, env, "gpgsm", "--import", filepath.Join(out, "ca.pem"))
	// QUIRK: gpgsm 2.2.40 now and then calls the passphrase of a PKCS #12 file wrong, and takes the same key with another salt.
	var said []byte
	for range 3 {
		command := exec.Command("gpgsm", "--passphrase-fd", "0", "--import", oldPKCS12(t, out, address, home))
		command.Env = append(os.Environ(), env...)
		if said, err = command.CombinedOutput(); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatalf("gpgsm --import: %v\n%s", err, said)
	}
	return func(t *testing.T, der []byte) []byte {
		dir := t.TempDir()
		inner := filepath.Join(dir, "inner")
		// The exit status is no judge: it is 2 after a perfect decryption where an entry before ours is for somebody else.
		command := exec.Command("gpgsm", "--status-fd", "1", "--decrypt", "-o", inner, put(t, dir, "sealed", der))
		command.Env = append(os.Environ(), env...)
		if said, _ := command.CombinedOutput(); !bytes.Contains(said, []byte("[GNUPG:] DECRYPTION_OKAY")) {
			t.Fatalf("gpgsm --decrypt: %s", said)
		}
		entity, signature := splitSigned(t, get(t, inner))
		status := run(t, env, "gpgsm", "--status-fd", "1", "--verify", put(t, dir, "signature", signature), put(t, dir, "entity", entity))
		for _, word := range []string{"GOODSIG", "VALIDSIG", "TRUST_FULLY"} {
			if !strings.Contains(status, "[GNUPG:] "+word) {
				t.Errorf("gpgsm does not say %s: %s", word, status)
			}
		}
		return entity
	}
}

// nss makes a database with the address's key that trusts the roots.
func nss(t *testing.T, out, address string) reader {
	t.Helper()
	dir := t.TempDir()
	db := "sql:" + dir
	run(t, nil, "certutil", "-N", "-d", db, "--empty-password")
	for i, c := range roots(t, out) {
		run(t, nil, "certutil", "-A", "-d", db, "-n", fmt.Sprint("root", i), "-t", "CT,C,C", "-i", put(t, dir, "root.cer", c.Raw))
	}
	run(t, nil, "pk12util", "-i", oldPKCS12(t, out, address, dir), "-d", db, "-W", "")
	return func(t *testing.T, der []byte) []byte {
		dir := t.TempDir()
		inner := filepath.Join(dir, "inner")
		run(t, nil, "cmsutil", "-D", "-d", db, "-i", put(t, dir, "sealed", der), "-o", inner)
		entity, signature := splitSigned(t, get(t, inner))
		// With -h the exit status is 0 even for a digest that does not fit; the words tell.
		status := run(t, nil, "cmsutil", "-D", "-h", "1", "-d", db, "-i", put(t, dir, "signature", signature), "-c", put(t, dir, "entity", entity))
		if !strings.Contains(status, "signer0.status=GoodSignature") {
			t.Errorf("cmsutil: %.300s", status)
		}
		return entity
	}
}

// splitSigned cuts a multipart/signed that a peer decrypted: the signed bytes, and the signature in DER. The peers know no MIME.
func splitSigned(t *testing.T, text []byte) (entity, der []byte) {
	t.Helper()
	_, after, _ := bytes.Cut(text, []byte(`boundary="`))
	boundary, _, _ := bytes.Cut(after, []byte(`"`))
	pieces := bytes.Split(text, []byte("--"+string(boundary)))
	if len(pieces) != 4 {
		t.Fatalf("%d pieces between boundaries, want 4", len(pieces))
	}
	entity = bytes.TrimSuffix(bytes.TrimPrefix(pieces[1], []byte("\r\n")), []byte("\r\n"))
	signature := leaves(t, bytes.TrimPrefix(pieces[2], []byte("\r\n")))
	if len(signature) != 1 || signature[0].kind != "application/pkcs7-signature" {
		t.Fatalf("the second part is no signature: %v", signature)
	}
	return entity, signature[0].body
}

// gpgsm 2.2 has no ECDH, and NSS 3.87 cannot even decode a message with an EC entry for somebody else, so that these mails go
// to recipients with RSA alone: one below the Danish authority with its RSASSA-PSS signatures, one below the foreign one.
func TestGpgsmAndNSSReadWhatTheDemoDelivers(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	peer.Need(t, "gpgsm", "gpgsm")
	peer.Need(t, "cmsutil", "libnss3-tools")
	addresses := []string{"bo@partner.example", "frans@kommune.example"}
	mails := bothWays()
	outs := demoEach(t, mails, addresses...)
	for _, out := range outs {
		allDelivered(t, out, addresses...)
	}
	out := keysAndAuthorities(t)
	for program, open := range map[string]func(*testing.T, string, string) reader{"gpgsm": gpgsm, "NSS": nss} {
		for _, address := range addresses {
			t.Run(program+" as "+address, func(t *testing.T) {
				t.Parallel()
				read := open(t, out, address)
				for i, m := range mails {
					_, der := sealOf(t, get(t, filepath.Join(outs[i], address+".eml")))
					m.sameMail(t, read(t, der))
				}
			})
		}
	}
}
