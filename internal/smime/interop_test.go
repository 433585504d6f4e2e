package smime_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// folder is short, because gpg-agent's socket must fit into 108 bytes of path.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
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

func run(t *testing.T, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

var bigEntity = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
	strings.Repeat("Blåbærgrød på Læsø: 0123456789 abcdefghijklmnopqrstuvwxyz ÆØÅ\r\n", 45_000)

var entities = []struct{ name, text string }{
	{"Danish letters", entityText},
	{"an empty body", "Content-Type: text/plain\r\n\r\n"},
	{"3 MB", bigEntity},
}

// splitSigned cuts the multipart/signed that a peer decrypted: the signed bytes, and the signature in DER.
func splitSigned(t *testing.T, mail []byte) (content, der []byte) {
	t.Helper()
	_, after, _ := bytes.Cut(mail, []byte(`boundary="`))
	boundary, _, _ := bytes.Cut(after, []byte(`"`))
	parts := bytes.Split(mail, []byte("--"+string(boundary)))
	if len(parts) != 4 {
		t.Fatalf("%d pieces between boundaries, want 4", len(parts))
	}
	content = bytes.TrimSuffix(bytes.TrimPrefix(parts[1], []byte("\r\n")), []byte("\r\n"))
	return content, cmsOf(t, bytes.TrimPrefix(parts[2], []byte("\r\n")))
}

func TestOpenSSLReadsWhatWeSeal(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	everybody := []identity{alice(), mailbox(), bo(), carla(), dorte()}
	for _, from := range []identity{mailbox(), alice(), bo(), carla(), dorte()} {
		for _, e := range entities {
			if len(e.text) > 1<<20 && !from.cert.Equal(mailbox().cert) {
				continue // once is enough
			}
			t.Run(from.cert.Subject.CommonName+" "+e.name, func(t *testing.T) {
				t.Parallel()
				dir := folder(t)
				mail := put(t, dir, "mail", seal(t, from, e.text, everybody)[0])
				anchors := put(t, dir, "anchors.pem", certPEM(from.root()))
				for i, to := range everybody {
					key := put(t, dir, "key.pem", to.keyPEM())
					cert := put(t, dir, "cert.pem", certPEM(to.cert))
					inner := filepath.Join(dir, fmt.Sprint("inner", i))
					run(t, nil, "openssl", "cms", "-decrypt", "-in", mail, "-inkey", key, "-recip", cert, "-out", inner)
					text := filepath.Join(dir, fmt.Sprint("text", i))
					run(t, nil, "openssl", "cms", "-verify", "-in", inner, "-CAfile", anchors, "-out", text)
					if got := string(get(t, text)); got != e.text {
						t.Fatalf("content changed on its way to %s: %d bytes, want %d", to.cert.Subject.CommonName, len(got), len(e.text))
					}
				}
			})
		}
	}
}

// gpgHome makes a GNUPGHOME that holds to's key unprotected, and trusts every root: gpgsm reads neither the PKCS #12 of
// OpenSSL 3 nor asks nothing.
func gpgHome(t *testing.T, to identity, others ...identity) []string {
	t.Helper()
	home := folder(t)
	env := []string{"GNUPGHOME=" + home}
	t.Cleanup(func() {
		cmd := exec.Command("gpgconf", "--kill", "all") // the agent outlives the test otherwise
		cmd.Env = append(os.Environ(), env...)
		_ = cmd.Run()
	})
	put(t, home, "gpgsm.conf", []byte("disable-crl-checks\ndisable-dirmngr\nbatch\nno-tty\n"))
	var trust strings.Builder
	var bundle []byte
	for _, i := range append([]identity{to}, others...) {
		fmt.Fprintf(&trust, "%X S relax\n", sha1.Sum(i.root().Raw))
		bundle = append(bundle, certPEM(append([]*x509.Certificate{i.cert}, i.chain...)...)...)
	}
	put(t, home, "trustlist.txt", []byte(trust.String()))
	run(t, env, "gpgsm", "--import", put(t, home, "certs.pem", bundle))
	listing := run(t, env, "gpgsm", "--with-keygrip", "--with-colons", "-k", fmt.Sprintf("0x%X", sha1.Sum(to.cert.Raw)))
	grip := ""
	for line := range strings.Lines(listing) {
		if f := strings.Split(line, ":"); f[0] == "grp" {
			grip = f[9]
			break
		}
	}
	if err := os.MkdirAll(filepath.Join(home, "private-keys-v1.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, home, filepath.Join("private-keys-v1.d", grip+".key"), sExpression(to.key.(*rsa.PrivateKey)))
	return env
}

// sExpression is libgcrypt's canonical form of an RSA key: p < q, and u the inverse of p.
func sExpression(k *rsa.PrivateKey) []byte {
	p, q := k.Primes[0], k.Primes[1]
	if p.Cmp(q) > 0 {
		p, q = q, p
	}
	var b bytes.Buffer
	b.WriteString("(11:private-key(3:rsa")
	for _, v := range []struct {
		name string
		n    *big.Int
	}{{"n", k.N}, {"e", big.NewInt(int64(k.E))}, {"d", k.D}, {"p", p}, {"q", q}, {"u", new(big.Int).ModInverse(p, q)}} {
		n := append([]byte{0}, v.n.Bytes()...)
		fmt.Fprintf(&b, "(1:%s%d:%s)", v.name, len(n), n)
	}
	b.WriteString("))")
	return b.Bytes()
}

// gpgDecrypt does not look at the exit status: gpgsm ends with 2 after a perfect decryption where the certificate of an
// entry before ours is not in its keyring. The callers compare the content byte for byte and verify its signature.
func gpgDecrypt(t *testing.T, env []string, out, in string) []byte {
	t.Helper()
	cmd := exec.Command("gpgsm", "--decrypt", "-o", out, in)
	cmd.Env = append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(said), "failed to find the certificate") {
		t.Fatalf("gpgsm --decrypt: %v\n%s", err, said)
	}
	return get(t, out)
}

// gpgsm 2.2 knows neither EC recipients nor certificates that were signed with RSASSA-PSS and default salts, so the mailbox
// of the OCES kind is read, but its signature is verified only where gpgsm can follow the chain.
func TestGpgsmReadsWhatWeSeal(t *testing.T) {
	t.Parallel()
	peer.Need(t, "gpgsm", "gpgsm")
	erin := mailLeaf("erin@partner.example", rsaKey(3072), plainRSA())
	for _, to := range []identity{alice(), erin} {
		env := gpgHome(t, to)
		for _, e := range entities {
			dir := folder(t)
			der := put(t, dir, "in", cmsOf(t, seal(t, alice(), e.text, []identity{bo(), to, mailbox()})[0]))
			inner := filepath.Join(dir, "inner")
			content, signature := splitSigned(t, gpgDecrypt(t, env, inner, der))
			if string(content) != e.text {
				t.Fatalf("%s: content changed: %d bytes, want %d", e.name, len(content), len(e.text))
			}
			run(t, env, "gpgsm", "--verify", put(t, dir, "sig", signature), put(t, dir, "content", content))
		}
	}
}

func TestGpgsmReadsWhatTheMailboxOfTheOCESKindSeals(t *testing.T) {
	t.Parallel()
	peer.Need(t, "gpgsm", "gpgsm")
	env := gpgHome(t, alice())
	dir := folder(t)
	der := put(t, dir, "in", cmsOf(t, seal(t, mailbox(), entityText, []identity{mailbox(), alice()})[0]))
	inner := filepath.Join(dir, "inner")
	if content, _ := splitSigned(t, gpgDecrypt(t, env, inner, der)); string(content) != entityText {
		t.Fatal("content changed")
	}
}

// nssDB makes a database that holds to's key and trusts the root above from.
func nssDB(t *testing.T, to, from identity) string {
	t.Helper()
	dir := folder(t)
	db := "sql:" + dir
	run(t, nil, "certutil", "-N", "-d", db, "--empty-password")
	for i, root := range []identity{to, from} {
		run(t, nil, "certutil", "-A", "-d", db, "-n", fmt.Sprint("root", i), "-t", "CT,C,C", "-i", put(t, dir, "root.pem", certPEM(root.root())))
	}
	p12 := filepath.Join(dir, "key.p12")
	run(t, nil, "openssl", "pkcs12", "-export", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1",
		"-inkey", put(t, dir, "key.pem", to.keyPEM()), "-in", put(t, dir, "cert.pem", certPEM(to.cert)), "-name", "us", "-out", p12, "-passout", "pass:lab")
	run(t, nil, "pk12util", "-i", p12, "-d", db, "-W", "lab")
	return db
}

func TestNSSReadsWhatWeSeal(t *testing.T) {
	t.Parallel()
	peer.Need(t, "cmsutil", "libnss3-tools")
	peer.Need(t, "openssl", "openssl")
	for _, pair := range []struct{ from, to identity }{{alice(), alice()}, {mailbox(), mailbox()}, {mailbox(), alice()}, {bo(), mailbox()}} {
		db := nssDB(t, pair.to, pair.from)
		for _, e := range entities {
			dir := folder(t)
			// NSS 3.87 cannot decode a message with an EC entry at all, even where it is somebody else's; 3.100 and later can.
			der := put(t, dir, "in", cmsOf(t, seal(t, pair.from, e.text, []identity{mailbox(), alice()})[0]))
			inner := filepath.Join(dir, "inner")
			run(t, nil, "cmsutil", "-D", "-d", db, "-i", der, "-o", inner)
			content, signature := splitSigned(t, get(t, inner))
			if string(content) != e.text {
				t.Fatalf("%s: content changed: %d bytes, want %d", e.name, len(content), len(e.text))
			}
			// Without -h cmsutil's exit status tells a digest that does not fit; with it only the output does.
			status := run(t, nil, "cmsutil", "-D", "-h", "1", "-d", db, "-i", put(t, dir, "sig", signature), "-c", put(t, dir, "content", content))
			if !strings.Contains(status, "signer0.status=GoodSignature") {
				t.Fatalf("%s from %s: %s", e.name, pair.from.cert.Subject.CommonName, status)
			}
		}
	}
}

func TestWeOpenWhatOpenSSLWrites(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	for _, from := range []identity{alice(), bo(), mailbox()} {
		for _, to := range []identity{alice(), bo(), carla(), mailbox()} {
			for _, stream := range []string{"-stream", "-nostream"} {
				for _, signing := range []string{"clear", "opaque", "pss", "skid"} {
					_, isRSA := from.key.(*rsa.PrivateKey)
					if signing == "pss" && !isRSA {
						continue
					}
					name := fmt.Sprintf("%s to %s %s %s", from.cert.Subject.CommonName, to.cert.Subject.CommonName, stream, signing)
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						fromOpenSSL(t, from, to, stream, signing)
					})
				}
			}
		}
	}
}

func fromOpenSSL(t *testing.T, from, to identity, stream, signing string) {
	dir := folder(t)
	in, signed, sealed := put(t, dir, "in", []byte(entityText)), filepath.Join(dir, "signed"), filepath.Join(dir, "sealed")
	sign := []string{"cms", "-sign", "-binary", "-in", in, "-out", signed, "-signer", put(t, dir, "s.pem", certPEM(from.cert)),
		"-inkey", put(t, dir, "k.pem", from.keyPEM()), "-certfile", put(t, dir, "c.pem", certPEM(from.chain...))}
	encrypt := []string{"cms", "-encrypt", "-binary", "-aes256", "-in", signed, "-out", sealed}
	if stream == "-stream" {
		sign, encrypt = append(sign, "-stream"), append(encrypt, "-stream")
	}
	switch signing {
	case "opaque":
		sign = append(sign, "-nodetach")
	case "pss":
		sign = append(sign, "-keyopt", "rsa_padding_mode:pss")
	case "skid":
		sign, encrypt = append(sign, "-keyid"), append(encrypt, "-keyid")
	}
	run(t, nil, "openssl", sign...)
	run(t, nil, "openssl", append(encrypt, put(t, dir, "r.pem", certPEM(to.cert)))...)
	opened, err := open(get(t, sealed), bo(), to)
	if err != nil {
		t.Fatal(err)
	}
	if string(opened.Entity) != entityText {
		t.Fatalf("content changed: %q", opened.Entity)
	}
	if s := opened.Layers[1].Signatures[0]; !s.Good || !s.PathVerified {
		t.Fatalf("signature %+v", s)
	}
}

func TestWeOpenWhatGpgsmAndNSSWrite(t *testing.T) {
	t.Parallel()
	peer.Need(t, "gpgsm", "gpgsm")
	peer.Need(t, "cmsutil", "libnss3-tools")
	dir := folder(t)
	in := put(t, dir, "in", []byte(entityText))
	env := gpgHome(t, alice())
	db := nssDB(t, alice(), alice())
	const head = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: binary\r\n\r\n"
	for name, write := range map[string]func(out string){
		"gpgsm": func(out string) {
			run(t, env, "gpgsm", "--encrypt", "-r", "alice@partner.example", "-o", out, in)
		},
		"gpgsm AES-256": func(out string) {
			run(t, env, "gpgsm", "--encrypt", "--cipher-algo", "AES256", "-r", "alice@partner.example", "-o", out, in)
		},
		"gpgsm signed": func(out string) { run(t, env, "gpgsm", "--sign", "-u", "alice@partner.example", "-o", out, in) },
		"NSS": func(out string) {
			run(t, nil, "cmsutil", "-E", "-d", db, "-r", "alice@partner.example", "-i", in, "-o", out)
		},
		"NSS signed": func(out string) {
			run(t, nil, "cmsutil", "-S", "-d", db, "-N", "us", "-G", "-P", "-H", "SHA256", "-i", in, "-o", out)
		},
	} {
		out := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		write(out)
		opened, err := open(append([]byte(head), get(t, out)...), alice())
		if err != nil || string(opened.Entity) != entityText {
			t.Errorf("%s: %v", name, err)
		}
	}
}
