package entra_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

func credentialConfig() entra.CredentialConfig {
	c := entraid.University()
	return entra.CredentialConfig{Tenant: c.Tenant, Client: c.API, Authority: "https://login.microsoftonline.com"}
}

func TestTheWayToSignInIsTheOneThatLeaksLeast(t *testing.T) {
	t.Parallel()
	certificate := pemFile(t, key(t, 0), key(t, 0), time.Now().Add(time.Hour))
	secret := func() string { return "hemmelig-adgangskode" }
	cases := []struct {
		name string
		set  func(*entra.CredentialConfig)
		kind string // "" is an error
		says string
	}{
		{"everything set", func(c *entra.CredentialConfig) {
			c.TokenFile, c.Identity, c.CertificateFile, c.Secret = "/token", c.Client, certificate, secret
		}, "*azidentity.WorkloadIdentityCredential", ""},
		{"identity before certificate", func(c *entra.CredentialConfig) {
			c.Identity, c.CertificateFile, c.Secret = c.Client, certificate, secret
		}, "*azidentity.ManagedIdentityCredential", ""},
		{"certificate before secret", func(c *entra.CredentialConfig) { c.CertificateFile, c.Secret = certificate, secret }, "*azidentity.ClientCertificateCredential", ""},
		{"only a secret", func(c *entra.CredentialConfig) { c.Secret = secret }, "*azidentity.ClientSecretCredential", ""},
		{"the method named goes before the order", func(c *entra.CredentialConfig) {
			c.Method, c.CertificateFile, c.Secret = entra.Secret, certificate, secret
		}, "*azidentity.ClientSecretCredential", ""},
		{"the machine's own identity", func(c *entra.CredentialConfig) { c.Method, c.Client = entra.ManagedIdentity, "" }, "*azidentity.ManagedIdentityCredential", ""},
		{"a password that PEM does not need", func(c *entra.CredentialConfig) {
			c.CertificateFile, c.CertificatePassword = certificate, secret
		}, "*azidentity.ClientCertificateCredential", ""},
		{"nothing set", func(*entra.CredentialConfig) {}, "", "token-file, identity, certificate-file or secret"},
		{"an empty secret", func(c *entra.CredentialConfig) { c.Method, c.Secret = entra.Secret, func() string { return "" } }, "", "secret:"},
		{"an unknown method", func(c *entra.CredentialConfig) { c.Method = "password" }, "", "method:"},
		{"a tenant by name", func(c *entra.CredentialConfig) { c.Tenant, c.Secret = "uni.example", secret }, "", "tenant:"},
		{"no client", func(c *entra.CredentialConfig) { c.Client, c.Secret = "", secret }, "", "client:"},
		{"http to another machine", func(c *entra.CredentialConfig) { c.Authority, c.Secret = "http://login.example", secret }, "", "authority:"},
		{"http on loopback", func(c *entra.CredentialConfig) { c.Authority, c.Secret = "http://127.0.0.1:1", secret }, "", "https"},
		{"no such file", func(c *entra.CredentialConfig) { c.CertificateFile = "/nowhere/x.pem" }, "", "certificate-file:"},
		{"a file of something else", func(c *entra.CredentialConfig) { c.CertificateFile = file(t, []byte("hej")) }, "", "certificate-file"},
		{"a file that is too large", func(c *entra.CredentialConfig) { c.CertificateFile = file(t, make([]byte, 2<<20)) }, "", "more than"},
		{"an expired certificate", func(c *entra.CredentialConfig) {
			c.CertificateFile = pemFile(t, key(t, 0), key(t, 0), time.Now().Add(-time.Hour))
		}, "", "expired on"},
		{"somebody else's key", func(c *entra.CredentialConfig) {
			c.CertificateFile = pemFile(t, key(t, 0), key(t, 1), time.Now().Add(time.Hour))
		}, "", "belongs to the key"},
		{"an elliptic key", func(c *entra.CredentialConfig) {
			ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			c.CertificateFile = pemFile(t, ec, ec, time.Now().Add(time.Hour))
		}, "", "must be RSA"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := credentialConfig()
			c.set(&config)
			got, err := entra.NewCredential(config)
			switch {
			case c.kind != "" && (err != nil || fmt.Sprintf("%T", got) != c.kind):
				t.Errorf("got %T, %v, want %s", got, err, c.kind)
			case c.kind == "" && (err == nil || got != nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("got %v, %v, want an error with %q", got, err, c.says)
			case err != nil && strings.Contains(err.Error(), secret()):
				t.Error("the error holds the secret")
			}
		})
	}
}

func TestAPKCS12FileIsRead(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	in := pemFile(t, key(t, 0), key(t, 0), time.Now().Add(time.Hour))
	out := filepath.Join(t.TempDir(), "key.pfx")
	run := exec.Command("openssl", "pkcs12", "-export", "-legacy", "-in", in, "-out", out, "-passout", "pass:kode")
	if text, err := run.CombinedOutput(); err != nil {
		t.Skipf("this openssl has no legacy provider: %s", text)
	}
	config := credentialConfig()
	config.CertificateFile = out
	config.CertificatePassword = func() string { return "kode" }
	if _, err := entra.NewCredential(config); err != nil {
		t.Error(err)
	}
	config.CertificatePassword = func() string { return "forkert-kode" }
	if _, err := entra.NewCredential(config); err == nil || !strings.Contains(err.Error(), "certificate-password") || strings.Contains(err.Error(), "forkert") {
		t.Errorf("a wrong password: %v", err)
	}
}

// azidentity insists on https; a transport that turns the request to the sandbox shows that it is used as Entra wants.
func TestTheSecretIsExchangedForAGraphToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	service := k.config.Applications[0]
	config := credentialConfig()
	config.Secret = func() string { return service.Secret }
	config.HTTPClient = &http.Client{Transport: toSandbox{k.Entra}}
	credential, err := entra.NewCredential(config)
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	if app, err := k.VerifyGraphToken(token.Token); err != nil || app != service.ClientID {
		t.Errorf("%q, %v", app, err)
	}
}

type toSandbox struct{ *entraid.Entra }

func (s toSandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		response, err := http.Get(s.Authority() + r.URL.Path)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		// MSAL checks that the addresses in it are the authority's.
		body, err := io.ReadAll(response.Body)
		body = bytes.ReplaceAll(body, []byte(s.Authority()), []byte("https://login.microsoftonline.com"))
		response.Body = io.NopCloser(bytes.NewReader(body))
		return response, err
	}
	turned := r.Clone(r.Context())
	turned.URL.Scheme, turned.URL.Host = "http", strings.TrimPrefix(s.Authority(), "http://")
	turned.Host = ""
	return http.DefaultTransport.RoundTrip(turned)
}

func key(t *testing.T, i int) crypto.Signer {
	t.Helper()
	return readyKeys()[i]
}

// pemFile is a certificate of one key and, perhaps of another, the private key.
func pemFile(t *testing.T, certified, private crypto.Signer, notAfter time.Time) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sendsikker"},
		NotBefore: notAfter.Add(-48 * time.Hour), NotAfter: notAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, certified.Public(), certified)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...))
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
