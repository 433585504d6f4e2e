package trust_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

// The real Danish chain is public but is not ours to ship. SENDSIKKER_TESTDATA names a folder with oces3/oces-root-ca.pem,
// oces3/oces-intermediate-ca.pem and oces3/skatprod.pem.
func TestTheRealOCES3Chain(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SENDSIKKER_TESTDATA")
	if folder == "" {
		t.Skip("the real certificates are not ours to ship: set SENDSIKKER_TESTDATA to a folder that has them")
	}
	read := func(name string) *x509.Certificate {
		text, err := os.ReadFile(filepath.Join(folder, "oces3", name))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		if block == nil {
			t.Fatalf("%s holds no certificate", name)
		}
		return must(x509.ParseCertificate(block.Bytes))
	}
	root, issuing, leaf := read("oces-root-ca.pem"), read("oces-intermediate-ca.pem"), read("skatprod.pem")
	real := []trust.Profile{{Name: "oces3", Roots: []*x509.Certificate{root}, Intermediates: []*x509.Certificate{issuing}}}
	at := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	w := made()
	run(t, w, []oddCase{
		{name: "is accepted", certificate: leaf, bound: true, profiles: real, at: at, want: trust.OK},
		{name: "is nobody's without a binding", certificate: leaf, profiles: real, at: at, want: trust.WrongAddress},
		{name: "is unknown to the other profiles", certificate: leaf, bound: true, at: at, want: trust.UnknownIssuer},
		{name: "is refused before its time", certificate: leaf, bound: true, profiles: real, at: leaf.NotBefore.Add(-time.Second), want: trust.NotYetValid},
		{name: "is refused after its time", certificate: leaf, bound: true, profiles: real, at: leaf.NotAfter.Add(time.Second), want: trust.Expired},
		{name: "is refused when revoked", certificate: leaf, bound: true, profiles: real, at: at, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
	})

	changed := 0
	for i := range leaf.Raw {
		raw := append([]byte{}, leaf.Raw...)
		raw[i] ^= 1
		certificate, err := x509.ParseCertificate(raw)
		if err != nil {
			continue
		}
		changed++
		if got := (oddCase{certificate: certificate, bound: true, profiles: real, at: at}).judge(w); got.Good {
			t.Errorf("accepted with byte %d changed", i)
		}
	}
	if changed < 100 {
		t.Errorf("only %d changed certificates could be read at all", changed)
	}
}
