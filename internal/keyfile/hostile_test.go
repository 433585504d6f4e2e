package keyfile_test

import (
	"bytes"
	"encoding/asn1"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keyfile"
)

// A file says itself how many rounds it takes to open it. No number of them may keep us busy.
func TestAFileThatTakesForeverToOpenIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	folder := rsa(t)
	in(t, folder, "openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "mac.p12", "-passout", "pass:lab", "-maciter", "-iter", "77777")
	in(t, folder, "openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "nomac.p12", "-passout", "pass:lab", "-nomac", "-iter", "77777")
	in(t, folder, "openssl", "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "old.p12", "-passout", "pass:lab", "-legacy", "-nomac", "-iter", "77777")
	in(t, folder, "openssl", "pkcs8", "-topk8", "-in", "key.pem", "-out", "key.p8", "-outform", "DER", "-passout", "pass:lab", "-iter", "77777")
	number := func(n int) []byte {
		der, err := asn1.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, name := range []string{"mac.p12", "nomac.p12", "old.p12", "key.p8"} {
		file := read(t, folder, name)
		small := number(77777)
		if !bytes.Contains(file, small) {
			t.Fatalf("%s: openssl did not write the rounds", name)
		}
		if name == "key.p8" {
			// A bare EncryptedPrivateKeyInfo is no file that people have; in PEM it is.
			file = append([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), append(base64Lines(bytes.ReplaceAll(file, small, number(8_000_001))), "-----END ENCRYPTED PRIVATE KEY-----\n"...)...)
		} else {
			file = bytes.ReplaceAll(file, small, number(8_000_001))
		}
		start := time.Now()
		_, err := keyfile.Read(file, "lab")
		if code(err) != keyfile.CodeCostly {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestWhatIsNoKeyFileIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	deep := bytes.Repeat([]byte{0x30, 0x80}, 100_000)
	for name, c := range map[string]struct {
		file     []byte
		password string
		want     string
	}{
		"nothing":             {nil, "", keyfile.CodeBroken},
		"a text":              {[]byte("Kære it-afdeling"), "", keyfile.CodeBroken},
		"only parameters":     {[]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), "", keyfile.CodeBroken},
		"depth":               {deep, "", keyfile.CodeBroken},
		"a megabyte and more": {make([]byte, keyfile.MaxBytes+1), "", keyfile.CodeTooLarge},
		"an endless password": {[]byte("0"), string(make([]byte, 5000)), keyfile.CodePassword},
		"a key that is none":  {[]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "", keyfile.CodeBroken},
		"a version 3 of air":  {[]byte{0x30, 3, 2, 1, 3}, "", keyfile.CodeBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := keyfile.Read(c.file, c.password)
			f := fault.From(err)
			if f.Code != c.want || f.Say.DA == "" || f.Say.EN == "" {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// Whatever comes in: an answer within its budget, a fault with a sentence or some content, and never a panic.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/seed/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file, "lab")
	}
	f.Fuzz(func(t *testing.T, file []byte, password string) {
		got, err := keyfile.Read(file, password)
		if err == nil && len(got.Keys)+len(got.Certificates) == 0 {
			t.Error("nothing was read, and that is no error")
		}
		if err != nil && (code(err) == "internal" || fault.From(err).Say.DA == "") {
			t.Errorf("an error without a sentence: %v", err)
		}
		if len(got.Certificates) > keyfile.MaxCertificates {
			t.Error("more certificates than allowed")
		}
	})
}
