package keyfile_test

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keyfile"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

// in runs a program in a folder.
func in(t *testing.T, folder string, command ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = folder
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, complaint.String())
	}
	return out.Bytes()
}

// pair makes key.pem and cert.pem of a function mailbox with openssl, and an issuer's ca.pem.
func pair(t *testing.T, kind ...string) string {
	t.Helper()
	peer.Need(t, "openssl", "openssl")
	folder := t.TempDir()
	in(t, folder, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA", "-days", "9")
	in(t, folder, append([]string{"openssl", "genpkey", "-out", "key.pem"}, kind...)...)
	in(t, folder, "openssl", "req", "-x509", "-new", "-key", "key.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "cert.pem", "-subj", "/CN=ITS", "-days", "9")
	return folder
}

func rsa(t *testing.T) string {
	t.Helper()
	return pair(t, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
}

// whole fails unless the content is the pair's key, with the certificates wanted.
func whole(t *testing.T, folder string, got keyfile.Content, certificates int) {
	t.Helper()
	want, err := keyfile.Read(read(t, folder, "key.pem"), "")
	if err != nil || len(want.Keys) != 1 {
		t.Fatalf("openssl's own key: %v", err)
	}
	if len(got.Keys) != 1 || !want.Keys[0].(interface{ Equal(crypto.PrivateKey) bool }).Equal(got.Keys[0]) {
		t.Errorf("%d keys, or another than was put in", len(got.Keys))
	}
	block, _ := pem.Decode(read(t, folder, "cert.pem"))
	if block == nil || !bytes.Equal(block.Bytes, got.Certificates[0].Raw) {
		t.Error("the certificate is not the one that was put in")
	}
	if len(got.Certificates) != certificates || got.Certificates[0].Subject.CommonName != "ITS" {
		t.Errorf("%d certificates, want %d, the mailbox's first", len(got.Certificates), certificates)
	}
}

func read(t *testing.T, folder, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestPKCS12OfEveryAgeFromOpenSSL(t *testing.T) {
	t.Parallel()
	folder := rsa(t)
	for name, how := range map[string][]string{
		"OpenSSL 3 as it comes":      nil,
		"RC2 and triple DES":         {"-legacy"},
		"triple DES alone":           {"-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"},
		"two keys of triple DES":     {"-legacy", "-certpbe", "PBE-SHA1-2DES", "-keypbe", "PBE-SHA1-2DES"},
		"RC2 of 128 bits":            {"-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-RC2-40"},
		"AES-128 under SHA-512":      {"-certpbe", "AES-128-CBC", "-keypbe", "AES-192-CBC", "-macalg", "sha512"},
		"a MAC of SHA-384":           {"-macalg", "sha384"},
		"600,000 rounds":             {"-iter", "600000"},
		"no MAC":                     {"-nomac"},
		"certificates not encrypted": {"-certpbe", "NONE"},
		"a key that is not":          {"-keypbe", "NONE"},
	} {
		for _, password := range []string{"kun-til-test", "Søren Ågård €"} {
			t.Run(name+" "+password, func(t *testing.T) {
				t.Parallel()
				out := filepath.Join(t.TempDir(), "out.p12")
				in(t, folder, append([]string{"openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-certfile", "ca.pem", "-out", out, "-passout", "pass:" + password}, how...)...)
				file, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				got, err := keyfile.Read(file, password)
				if err != nil {
					t.Fatal(err)
				}
				whole(t, folder, got, 2)
				if _, err := keyfile.Read(file, strings.ToUpper(password)); code(err) != keyfile.CodePassword {
					t.Errorf("another password: %v", err)
				}
			})
		}
	}
}

func TestAnEmptyPasswordInBothSpellings(t *testing.T) {
	t.Parallel()
	folder := rsa(t)
	in(t, folder, "openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "out.p12", "-passout", "pass:")
	got, err := keyfile.Read(read(t, folder, "out.p12"), "")
	if err != nil {
		t.Fatal(err)
	}
	whole(t, folder, got, 1)
}

func TestPKCS12InBERFromNSS(t *testing.T) {
	t.Parallel()
	peer.Need(t, "pk12util", "libnss3-tools")
	folder := rsa(t)
	in(t, folder, "openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "in.p12", "-name", "its", "-passout", "pass:lab")
	in(t, folder, "mkdir", "nss")
	in(t, folder, "certutil", "-N", "-d", "sql:nss", "--empty-password")
	in(t, folder, "pk12util", "-i", "in.p12", "-d", "sql:nss", "-W", "lab")
	in(t, folder, "pk12util", "-o", "out.p12", "-n", "its", "-d", "sql:nss", "-W", "lab")
	file := read(t, folder, "out.p12")
	if !bytes.HasPrefix(file, []byte{0x30, 0x80}) {
		t.Log("this NSS writes DER")
	}
	got, err := keyfile.Read(file, "lab")
	if err != nil {
		t.Fatal(err)
	}
	whole(t, folder, got, 1)
}

func TestPKCS12FromJava(t *testing.T) {
	t.Parallel()
	peer.Need(t, "keytool", "default-jdk-headless")
	folder := t.TempDir()
	in(t, folder, "keytool", "-genkeypair", "-alias", "its", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=ITS", "-keystore", "out.p12", "-storepass", "kun-til-test")
	got, err := keyfile.Read(read(t, folder, "out.p12"), "kun-til-test")
	if err != nil || len(got.Keys) != 1 || len(got.Certificates) != 1 {
		t.Errorf("%d keys, %d certificates: %v", len(got.Keys), len(got.Certificates), err)
	}
}

func TestRFC9579sOwnFiles(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, want := range map[string]string{"a1": "", "a2": "", "a3": "", "a4": keyfile.CodePassword, "a5": keyfile.CodePassword, "a6": keyfile.CodeBroken} {
		text, err := os.ReadFile("testdata/rfc9579-" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		file, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatal(err)
		}
		seen++
		got, err := keyfile.Read(file, "1234")
		if code(err) != want || want == "" && len(got.Keys)+len(got.Certificates) < 2 {
			t.Errorf("%s: %v with %d keys and %d certificates, want %q", name, err, len(got.Keys), len(got.Certificates), want)
		}
	}
	if seen == 0 {
		t.Error("none")
	}
}

func TestPEMOfEveryKind(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{"RSA": rsa(t), "P-256": pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")} {
		for how, command := range map[string][]string{
			"PKCS #8":                             {"pkey"},
			"PKCS #1 or SEC 1":                    {"pkey", "-traditional"},
			"encrypted, as it comes":              {"pkcs8", "-topk8", "-passout", "pass:lab"},
			"encrypted, triple DES":               {"pkcs8", "-topk8", "-v2", "des3", "-passout", "pass:lab"},
			"encrypted, PKCS #12's own":           {"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:lab"},
			"encrypted in the headers, as before": {"pkey", "-traditional", "-aes128", "-passout", "pass:lab"},
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				text := in(t, folder, append(append([]string{"openssl"}, command...), "-in", "key.pem")...)
				file := append(append(bytes.Clone(text), read(t, folder, "cert.pem")...), read(t, folder, "ca.pem")...)
				got, err := keyfile.Read(file, "lab")
				if err != nil {
					t.Fatal(err)
				}
				whole(t, folder, got, 2)
				if strings.HasPrefix(how, "encrypted") {
					if _, err := keyfile.Read(file, "Lab"); code(err) != keyfile.CodePassword {
						t.Errorf("another password: %v", err)
					}
				}
			})
		}
	}
	folder := rsa(t)
	text := in(t, folder, "openssl", "pkcs8", "-topk8", "-scrypt", "-passout", "pass:lab", "-in", "key.pem")
	if _, err := keyfile.Read(text, "lab"); code(err) != keyfile.CodeUnsupported {
		t.Errorf("scrypt: %v", err)
	}
	if got, err := keyfile.Read(in(t, folder, "openssl", "x509", "-in", "cert.pem", "-outform", "DER"), ""); err != nil || len(got.Certificates) != 1 {
		t.Errorf("a certificate in DER: %v", err)
	}
}

func base64Lines(der []byte) []byte {
	text := base64.StdEncoding.EncodeToString(der)
	var b bytes.Buffer
	for len(text) > 64 {
		b.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	b.WriteString(text + "\n")
	return b.Bytes()
}
