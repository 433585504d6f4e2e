package trust_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/trust"
)

// FuzzJudge: whatever the bytes, a verdict is whole (a listed code, sentences, good only for OK), and it is good only
// for what one of the authorities signed: its signed part is that of a seed.
//
// Authorities and certificates lie in testdata, because a fuzzer runs in several processes that must agree on the keys.
// They were made by package sandbox/ca around the tests' clock; nobody has the private keys any more.
func FuzzJudge(f *testing.F) {
	read := func(path string) *x509.Certificate { return must(x509.ParseCertificate(must(os.ReadFile(path)))) }
	profiles := []trust.Profile{}
	for _, name := range []string{"danish", "foreign"} {
		profiles = append(profiles, trust.Profile{
			Name:          name,
			Roots:         []*x509.Certificate{read("testdata/" + name + "/root.cer")},
			Intermediates: []*x509.Certificate{read("testdata/" + name + "/issuing.cer")},
		})
	}
	paths, _ := filepath.Glob("testdata/*/*.cer")
	if len(paths) < 10 {
		f.Fatalf("%d seeds", len(paths))
	}
	var seeds []*x509.Certificate
	for _, path := range paths {
		seed := read(path)
		seeds = append(seeds, seed)
		f.Add(seed.Raw, bo, false)
		f.Add(seed.Raw, "ø@partner.example", true)
	}
	f.Fuzz(func(t *testing.T, der []byte, address string, bound bool) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		got := oddCase{certificate: certificate, address: address, bound: bound, profiles: profiles}.judge(world{})
		if !slices.Contains(trust.Codes(), got.Code) || got.Good != (got.Code == trust.OK) || !got.Good && len(got.Warnings) > 0 {
			t.Fatalf("a verdict that is not whole: %+v", got)
		}
		checkSentence(t, got.Say)
		if got.Good && !slices.ContainsFunc(seeds, func(seed *x509.Certificate) bool {
			return bytes.Equal(seed.RawTBSCertificate, certificate.RawTBSCertificate)
		}) {
			t.Fatal("a certificate is good that none of the authorities has signed")
		}
	})
}
