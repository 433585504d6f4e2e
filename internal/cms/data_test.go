package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/pkcs12"
)

// fromPKCS12 is the key and the certificate in a .p12 of NSS's tests.
func fromPKCS12(t *testing.T, file string) Key {
	t.Helper()
	blocks, err := pkcs12.ToPEM(must(os.ReadFile(filepath.Join("testdata", "nss", file))), "nss")
	if err != nil {
		t.Fatal(err)
	}
	var key Key
	for _, b := range blocks {
		if b.Type == "CERTIFICATE" {
			key.Certificate = must(x509.ParseCertificate(b.Bytes))
			continue
		}
		key.Private = privateKey(t, b)
	}
	if key.Certificate == nil || key.Private == nil {
		t.Fatalf("%s holds %d blocks and not what it should", file, len(blocks))
	}
	return key
}

// privateKey undoes what package pkcs12 makes of keys: the type says PRIVATE KEY for all, the content is SEC 1 or PKCS #1.
func privateKey(t *testing.T, b *pem.Block) crypto.PrivateKey {
	t.Helper()
	if k, err := x509.ParseECPrivateKey(b.Bytes); err == nil {
		return k
	}
	return must(x509.ParsePKCS1PrivateKey(b.Bytes))
}

func TestEveryMessageOfNSSsTestsOpens(t *testing.T) {
	t.Parallel()
	keys := []Key{fromPKCS12(t, "Fran.p12"), fromPKCS12(t, "Fran-ec.p12")}
	files := must(filepath.Glob("testdata/nss/*.env"))
	if len(files) != 17 {
		t.Fatalf("%d messages, want 17", len(files))
	}
	schemes := make(map[string]int)
	for _, file := range files {
		var content bytes.Buffer
		d, err := decrypt(&content, bytes.NewReader(must(os.ReadFile(file))), keys)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if got := strings.TrimSpace(content.String()); got != "This is a test message to Fran." {
			t.Errorf("%s: %q", filepath.Base(file), got)
		}
		schemes[d.KeyScheme]++
	}
	if schemes["ECDH P-384"] != 5 || schemes["RSA-OAEP"] != 12 {
		t.Errorf("%v, want 5 with ECDH P-384 and 12 with RSA-OAEP", schemes)
	}
}
