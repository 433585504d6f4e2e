package trust_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/anchor"
)

// realLeaf is a certificate of a Danish authority in production. It is public, but not ours to ship: SENDSIKKER_TESTDATA names
// a folder with oces3/skatprod.pem.
func realLeaf(t *testing.T) *x509.Certificate {
	t.Helper()
	folder := os.Getenv("SENDSIKKER_TESTDATA")
	if folder == "" {
		t.Skip("the real certificate is not ours to ship: set SENDSIKKER_TESTDATA to a folder that has it")
	}
	text, err := os.ReadFile(filepath.Join(folder, "oces3", "skatprod.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("skatprod.pem holds no certificate")
	}
	return must(x509.ParseCertificate(block.Bytes))
}

// namesakes is the state's profile on other keys: the names of the test environment, or of production where unit is "".
func namesakes(t *testing.T, unit string) []trust.Profile {
	t.Helper()
	profile := anchor.OCES3()
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	again := func(of *x509.Certificate) *x509.Certificate {
		template := *of
		template.PublicKey = key.Public()
		if unit != "" {
			template.RawSubject, template.Subject.OrganizationalUnit, template.Subject.ExtraNames = nil, []string{unit}, nil
		}
		return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key))))
	}
	// Each is a root of its own: the leaf must find neither.
	profile.Roots = []*x509.Certificate{again(profile.Roots[0]), again(profile.Intermediates[0])}
	profile.Intermediates = nil
	return []trust.Profile{profile}
}

func TestTheRealOCES3CertificateIsTakenByItsProfileAndNoOther(t *testing.T) {
	t.Parallel()
	leaf, w := realLeaf(t), made()
	at := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	state := []trust.Profile{anchor.OCES3()}
	policy := func(text string) []trust.Profile {
		profile := anchor.OCES3()
		profile.Policies = []x509.OID{oid(text)}
		return []trust.Profile{profile}
	}
	rootOnly := anchor.OCES3()
	rootOnly.Intermediates = nil
	issuing := anchor.OCES3().Intermediates[0]
	run(t, w, []oddCase{
		{name: "is accepted", certificate: leaf, bound: true, profiles: state, at: at, want: trust.OK},
		{name: "is accepted beside the other profiles", certificate: leaf, bound: true, profiles: slices.Concat(w.profiles()[1:], state), at: at, want: trust.OK},
		{name: "is accepted with its authority fetched", certificate: leaf, bound: true, profiles: []trust.Profile{rootOnly}, fetched: issuers{issuing}, at: at, want: trust.OK},
		{name: "is unknown with its authority missing", certificate: leaf, bound: true, profiles: []trust.Profile{rootOnly}, at: at, want: trust.UnknownIssuer},
		{name: "is nobody's without a binding", certificate: leaf, profiles: state, at: at, want: trust.WrongAddress},
		{name: "is unknown to the other profiles", certificate: leaf, bound: true, at: at, want: trust.UnknownIssuer},
		{name: "is unknown to authorities with the names of the test environment", certificate: leaf, bound: true, profiles: namesakes(t, "Test - cti"), at: at, want: trust.UnknownIssuer},
		{name: "is refused by authorities with the very names", certificate: leaf, bound: true, profiles: namesakes(t, ""), at: at, want: trust.Forged},
		{name: "is refused where employees' policy is demanded", certificate: leaf, bound: true, profiles: policy("1.2.208.169.1.1.1.2.7"), at: at, want: trust.WrongPolicy},
		{name: "is refused where a policy of nobody's is demanded", certificate: leaf, bound: true, profiles: policy("1.2.3.4"), at: at, want: trust.WrongPolicy},
		{name: "is refused where mail must be named", certificate: leaf, bound: true, profiles: []trust.Profile{anchor.Public(anchor.OCES3().Roots)},
			subject: func(s *trust.Subject) { s.Issuers = []*x509.Certificate{issuing} }, at: at, want: trust.WrongUsage},
		{name: "is refused before its time", certificate: leaf, bound: true, profiles: state, at: leaf.NotBefore.Add(-time.Second), want: trust.NotYetValid},
		{name: "is refused after its time", certificate: leaf, bound: true, profiles: state, at: leaf.NotAfter.Add(time.Second), want: trust.Expired},
		{name: "is refused when revoked", certificate: leaf, bound: true, profiles: state, at: at, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "is refused when its authority is revoked", certificate: leaf, bound: true, profiles: state, at: at, answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
	})
}

// One bit of every byte, which one changes from byte to byte: what can still be parsed is refused.
func TestTheRealOCES3CertificateIsRefusedWithAnyByteChanged(t *testing.T) {
	t.Parallel()
	leaf := realLeaf(t)
	at := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	state := []trust.Profile{anchor.OCES3()}
	changed := 0
	for i := range leaf.Raw {
		raw := slices.Clone(leaf.Raw)
		raw[i] ^= 1 << (i % 8)
		certificate, err := x509.ParseCertificate(raw)
		if err != nil {
			continue
		}
		changed++
		if got := (oddCase{certificate: certificate, bound: true, profiles: state, at: at}).judge(world{}); got.Good {
			t.Errorf("accepted with byte %d changed", i)
		}
	}
	t.Logf("%d of %d changed certificates could be read", changed, len(leaf.Raw))
	if changed < len(leaf.Raw)/2 {
		t.Errorf("only %d changed certificates could be read at all", changed)
	}
}
