package ca_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

var danish = sync.OnceValue(func() *ca.Authority {
	return must(ca.NewDanish(ca.Options{BaseURL: "http://127.0.0.1:1/dk/"}))
})

var foreign = sync.OnceValue(func() *ca.Authority { return must(ca.NewForeign(ca.Options{BaseURL: "http://127.0.0.1:1/de"})) })

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func verify(t *testing.T, authority *ca.Authority, certificate *x509.Certificate) {
	t.Helper()
	between := x509.NewCertPool()
	for _, issuer := range authority.Intermediates() {
		between.AddCert(issuer)
	}
	_, err := certificate.Verify(x509.VerifyOptions{
		Roots: authority.RootPool(), Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		t.Errorf("the chain does not verify: %v", err)
	}
}

func TestADanishCertificateIsShapedLikeAnOCES3One(t *testing.T) {
	t.Parallel()
	got := must(danish().Issue(ca.Request{CommonName: "Sikker mail", Organisation: "Prøvekøbing Kommune"}))
	certificate := got.Certificate
	verify(t, danish(), certificate)

	if key, ok := certificate.PublicKey.(*rsa.PublicKey); !ok || key.N.BitLen() != 3072 {
		t.Errorf("key is %T, want RSA-3072", certificate.PublicKey)
	}
	for _, signed := range []*x509.Certificate{danish().Root(), danish().Issuing().Certificate, certificate} {
		if signed.SignatureAlgorithm != x509.SHA256WithRSAPSS || signed.PublicKeyAlgorithm != x509.RSA {
			t.Errorf("%s: signature %s, key %s", signed.Subject.CommonName, signed.SignatureAlgorithm, signed.PublicKeyAlgorithm)
		}
	}
	if len(certificate.ExtKeyUsage)+len(certificate.UnknownExtKeyUsage)+len(certificate.EmailAddresses) != 0 {
		t.Error("it has an extended key usage or an address, but nobody asked for one")
	}
	if certificate.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment {
		t.Errorf("key usage %b", certificate.KeyUsage)
	}
	subject := certificate.Subject.String()
	for _, part := range []string{"CN=Sikker mail", "SERIALNUMBER=UI:DK-O:G:", "O=Prøvekøbing Kommune", "C=DK", "2.5.4.97="} {
		if !strings.Contains(subject, part) {
			t.Errorf("subject %q lacks %q", subject, part)
		}
	}
	for _, policy := range []string{"0.4.0.2042.1.1", "1.2.208.169.1.1.1.3.7.1"} {
		var found bool
		for _, oid := range certificate.Policies {
			found = found || oid.String() == policy
		}
		if !found {
			t.Errorf("policy %s is missing", policy)
		}
	}
	if !danish().Issuing().Certificate.MaxPathLenZero {
		t.Error("the issuing CA has no path length 0")
	}
	if got := certificate.CRLDistributionPoints; len(got) != 1 || got[0] != "http://127.0.0.1:1/dk/issuing.crl" {
		t.Errorf("revocation list at %v", got)
	}
	if years := certificate.NotAfter.Year() - certificate.NotBefore.Year(); years != 3 {
		t.Errorf("valid for %d years, want 3", years)
	}
}

func TestOneOrganisationKeepsItsNumber(t *testing.T) {
	t.Parallel()
	number := func(name, organisation string) string {
		identity := must(danish().Issue(ca.Request{CommonName: name, Organisation: organisation, PrivateKey: foreign().Issuing().Key}))
		for _, attribute := range identity.Certificate.Subject.Names {
			if attribute.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 97}) {
				return attribute.Value.(string)
			}
		}
		return ""
	}
	a, b, c := number("en", "Kommunen"), number("to", "Kommunen"), number("en", "Regionen")
	if a == "" || a != b || a == c || !strings.HasPrefix(a, "NTRDK-99") || len(a) != len("NTRDK-12345678") {
		t.Errorf("got %q, %q and %q", a, b, c)
	}
}

func TestAForeignCertificateIsAnOrdinarySMIMEOne(t *testing.T) {
	t.Parallel()
	got := must(foreign().IssueAll([]ca.Request{
		{CommonName: "Chen", Address: "chen@uni.example"},
		{CommonName: "Chen", Address: "chen@uni.example", Key: ca.P384},
		{CommonName: "Chen", Address: "chen@uni.example", Key: ca.RSA2048, SubjectEmail: "chen@uni.example"},
	}))
	for _, identity := range got {
		certificate := identity.Certificate
		verify(t, foreign(), certificate)
		if len(certificate.EmailAddresses) != 1 || len(certificate.ExtKeyUsage) != 1 || certificate.ExtKeyUsage[0] != x509.ExtKeyUsageEmailProtection {
			t.Errorf("addresses %v, purposes %v", certificate.EmailAddresses, certificate.ExtKeyUsage)
		}
		want := x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		if _, isEC := certificate.PublicKey.(*ecdsa.PublicKey); isEC {
			want = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
		}
		if certificate.KeyUsage != want {
			t.Errorf("key usage %b, want %b", certificate.KeyUsage, want)
		}
	}
	if len(got) != 3 {
		t.Fatalf("%d certificates for 3 requests", len(got))
	}
}

func TestTheHandlerServesWhatTheCertificatesPointAt(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	now := time.Now()
	authority := must(ca.NewForeign(ca.Options{BaseURL: server.URL + "/ca", Now: func() time.Time { return now }}))
	mux.Handle("/ca/", http.StripPrefix("/ca", authority.Handler()))
	identity := must(authority.Issue(ca.Request{CommonName: "Bo", Address: "bo@partner.example"}))
	other := must(authority.Issue(ca.Request{CommonName: "Ida", Address: "ida@partner.example"}))

	get := func(url string) []byte {
		response := must(http.Get(url))
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", url, response.Status)
		}
		return must(io.ReadAll(response.Body))
	}
	if !bytes.Equal(get(identity.Certificate.IssuingCertificateURL[0]), identity.Chain[0].Raw) {
		t.Error("another issuing CA is served than the one that signed")
	}
	if !bytes.Equal(get(identity.Chain[0].IssuingCertificateURL[0]), authority.Root().Raw) {
		t.Error("another root is served than the one that signed")
	}
	before := must(x509.ParseRevocationList(get(identity.Certificate.CRLDistributionPoints[0])))
	authority.Revoke(identity.Certificate)
	after := must(x509.ParseRevocationList(get(identity.Certificate.CRLDistributionPoints[0])))
	if err := after.CheckSignatureFrom(identity.Chain[0]); err != nil {
		t.Errorf("the list: %v", err)
	}
	if len(before.RevokedCertificateEntries) != 0 || len(after.RevokedCertificateEntries) != 1 ||
		after.RevokedCertificateEntries[0].SerialNumber.Cmp(identity.Certificate.SerialNumber) != 0 {
		t.Errorf("revoked before %d, after %d", len(before.RevokedCertificateEntries), len(after.RevokedCertificateEntries))
	}
	if other.Certificate.SerialNumber.Cmp(identity.Certificate.SerialNumber) == 0 || after.Number.Cmp(before.Number) <= 0 {
		t.Error("serial numbers or list numbers repeat")
	}
	if err := must(x509.ParseRevocationList(get(identity.Chain[0].CRLDistributionPoints[0]))).CheckSignatureFrom(authority.Root()); err != nil {
		t.Errorf("the root's list: %v", err)
	}
}

func TestTheDanishRevocationListIsPSSSigned(t *testing.T) {
	t.Parallel()
	list := must(x509.ParseRevocationList(must(danish().CRL())))
	if list.SignatureAlgorithm != x509.SHA256WithRSAPSS {
		t.Errorf("signed with %s", list.SignatureAlgorithm)
	}
	if err := list.CheckSignatureFrom(danish().Issuing().Certificate); err != nil {
		t.Error(err)
	}
}

func TestARenewalKeepsItsKey(t *testing.T) {
	t.Parallel()
	first := must(foreign().Issue(ca.Request{CommonName: "Bo"}))
	second := must(foreign().Issue(ca.Request{CommonName: "Bo", PrivateKey: first.Key}))
	if !first.Certificate.PublicKey.(*ecdsa.PublicKey).Equal(second.Certificate.PublicKey) {
		t.Error("the renewal has another key")
	}
}

func TestOpenSSLVerifiesAnIdentityFromItsPEM(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	for name, authority := range map[string]*ca.Authority{"danish": danish(), "foreign": foreign()} {
		identity := must(authority.Issue(ca.Request{CommonName: "Æblegrød", Organisation: "Køkkenet", SubjectEmail: "koekken@demo.example"}))
		folder := t.TempDir()
		write := func(file string, data []byte) string {
			path := filepath.Join(folder, file)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		root := write("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Root().Raw}))
		both := write("identity.pem", must(identity.PEM()))
		chain := write("chain.pem", identity.CertificatePEM())
		if out, err := exec.Command("openssl", "verify", "-x509_strict", "-CAfile", root, "-untrusted", chain, both).CombinedOutput(); err != nil {
			t.Errorf("%s: openssl verify: %v: %s", name, err, out)
		}
		if out, err := exec.Command("openssl", "pkey", "-in", both, "-noout", "-check").CombinedOutput(); err != nil {
			t.Errorf("%s: openssl pkey: %v: %s", name, err, out)
		}
	}
}
