package trust_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/trust"
)

// FuzzJudge: whatever the bytes, and whatever their finder says of them, a verdict is whole (a listed code, sentences, good only
// for OK), and it is good only for
//   - what one of the authorities signed, its signed part being that of a seed, or what somebody vouches for, and then it says so;
//   - the address that stands inside, or any that somebody bound to it;
//   - a certificate in its time, that is no authority's, on a key worth sealing to.
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
	const bound, vouched, signing, restricted = 1, 2, 4, 8
	var seeds []*x509.Certificate
	for i, path := range paths {
		seed := read(path)
		seeds = append(seeds, seed)
		f.Add(seed.Raw, bo, byte(0))
		f.Add(seed.Raw, "ø@partner.example", byte(bound))
		f.Add(seed.Raw, bo, byte(vouched|i%2*restricted))
		f.Add(seed.Raw, bo, byte(bound|signing|restricted))
	}
	f.Fuzz(func(t *testing.T, der []byte, address string, says byte) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		c := oddCase{certificate: certificate, address: address, bound: says&bound != 0, profiles: profiles}
		c.subject = func(s *trust.Subject) {
			s.Address, s.Vouched, s.Signing = address, says&vouched != 0, says&signing != 0
			if says&restricted != 0 {
				s.Profiles = []string{"foreign"}
			}
			s.Issuers = []*x509.Certificate{certificate}
		}
		got := c.judge(world{})
		if !slices.Contains(trust.Codes(), got.Code) || got.Good != (got.Code == trust.OK) || !got.Good && len(got.Warnings) > 0 {
			t.Fatalf("a verdict that is not whole: %+v", got)
		}
		checkSentence(t, got.Say)
		if !got.Good {
			return
		}
		if !restsOnSomething(got) {
			t.Fatalf("a good verdict rests on %+v", got.Evidence)
		}
		onAWord := got.Warnings != nil && got.Warnings[0].Code == trust.Vouched
		if onAWord && says&vouched == 0 {
			t.Fatal("a certificate is good on the word of nobody")
		}
		if !onAWord && !slices.ContainsFunc(seeds, func(seed *x509.Certificate) bool {
			return bytes.Equal(seed.RawTBSCertificate, certificate.RawTBSCertificate)
		}) {
			t.Fatal("a certificate is good that none of the authorities has signed")
		}
		if !onAWord && says&restricted != 0 && got.Evidence.Profile != "foreign" {
			t.Fatalf("%q vouches for what its authorities may not", got.Evidence.Profile)
		}
		if local, _, _ := strings.Cut(address, "@"); says&bound == 0 && !bytes.Contains(bytes.ToLower(der), bytes.ToLower([]byte(local))) {
			t.Fatal("a certificate is good for an address that does not stand in it")
		}
		if key, isRSA := certificate.PublicKey.(*rsa.PublicKey); isRSA && key.N.BitLen() < 2048 {
			t.Fatal("a certificate is good on a key that is too short")
		}
		if certificate.IsCA || clock.Before(certificate.NotBefore) || clock.After(certificate.NotAfter) {
			t.Fatal("an authority's certificate is good, or one out of its time")
		}
	})
}
