package crl_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"os"
	"path/filepath"
	"testing"

	"aau.dk/sendsikker/internal/trust/crl"
)

// FuzzParse: whatever the bytes, what parses is a list that the authority signed: its signed part is that of a seed.
// Authority and lists lie in testdata, because a fuzzer runs in several processes that must agree on the keys. They are
// of the sandbox's foreign shape, made at start; other.crl is a stranger's.
func FuzzParse(f *testing.F) {
	issuer := must(x509.ParseCertificate(must(os.ReadFile("testdata/issuing.cer"))))
	subject := &x509.Certificate{SerialNumber: issuer.SerialNumber}
	paths, _ := filepath.Glob("testdata/*.crl")
	if len(paths) == 0 {
		f.Fatal("no seeds")
	}
	var seeds []*x509.RevocationList
	for _, path := range paths {
		der := must(os.ReadFile(path))
		seeds = append(seeds, must(x509.ParseRevocationList(der)))
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		list, err := crl.Parse(der, issuer, start)
		if err != nil {
			if list != nil {
				t.Fatal("a list and an error")
			}
			return
		}
		_, _, _ = list.Revoked(subject)
		parsed := must(x509.ParseRevocationList(der))
		for _, seed := range seeds {
			if bytes.Equal(seed.RawTBSRevocationList, parsed.RawTBSRevocationList) && seed.CheckSignatureFrom(issuer) == nil {
				return
			}
		}
		t.Fatal("a list is believed that the authority has not signed")
	})
}

// FuzzScope: whatever the bytes of an issuingDistributionPoint that the authority signs, nothing panics, and a list that
// names another place, as bytes anywhere, never covers the certificate unless it names the certificate's place too.
func FuzzScope(f *testing.F) {
	self := "http://crl.example/list"
	subject := named(f, foreign(), self)
	f.Add(point(self).Value)
	f.Add(point("http://crl.example/other", yes(1)).Value)
	f.Add(point("", yes(2)).Value)
	f.Add(point(self, yes(4)).Value)
	f.Fuzz(func(t *testing.T, value []byte) {
		der := listOf(t, foreign(), with(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: value}))
		list, err := crl.Parse(der, foreign().Issuing().Certificate, start)
		if err != nil {
			return
		}
		if _, _, err := list.Revoked(subject); err == nil && bytes.Contains(value, []byte("http://")) && !bytes.Contains(value, []byte(self)) {
			t.Fatal("a shard with another name covers the certificate")
		}
	})
}
