package crl_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
	points "aau.dk/sendsikker/internal/trust/crl/point"
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

// FuzzCertificateIssuer: whatever the bytes of a certificateIssuer on the entry above, an entry is the certificate's own
// issuer's exactly when that one is among the X.500 names in them, and a list with an entry of nobody's is not used.
func FuzzCertificateIssuer(f *testing.F) {
	address := "http://crl.example/indirect"
	signer := signing()
	subject := issued(f, foreign(), pointsAt(at{addresses: []string{address}, signer: signer.Certificate}))
	other := issued(f, foreign())
	issuer := must(points.Key(subject.RawIssuer))
	names := func(parts ...asn1.RawValue) []byte { return row(other, 0, parts...).ExtraExtensions[0].Value }
	f.Add(names(of(foreign().Issuing().Certificate)))
	f.Add(names(of(danish().Issuing().Certificate), of(foreign().Issuing().Certificate)))
	f.Add(names(of(danish().Issuing().Certificate)))
	f.Add(names(asn1.RawValue{Class: 2, Tag: 6, Bytes: []byte(address)}))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, value []byte) {
		above := row(other, 0)
		above.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: value}}
		list, err := crl.Parse(signedBy(t, signer, with(point(address, yes(4))), above, row(subject, 0)), signer.Certificate, start)
		var parts []asn1.RawValue
		mine, people := false, 0
		if rest, err := asn1.Unmarshal(value, &parts); err == nil && len(rest) == 0 {
			for _, part := range parts {
				if part.Class == asn1.ClassContextSpecific && part.Tag == 4 {
					people++
					key, err := points.Key(part.Bytes)
					mine = mine || err == nil && key == issuer
				}
			}
		}
		if err != nil {
			if list != nil {
				t.Fatal("a list and an error")
			}
			return
		}
		if people == 0 {
			t.Fatal("an entry of nobody's was taken for somebody's")
		}
		if _, revoked, err := list.Revoked(subject); err != nil || revoked != mine {
			t.Fatalf("revoked is %v, named is %v (%v)", revoked, mine, err)
		}
	})
}

// FuzzDelta: whatever the bytes of a delta list's sign, a delta list is never taken for a complete one.
func FuzzDelta(f *testing.F) {
	subject := named(f, foreign(), "http://crl.example/list")
	f.Add(delta(7).Value)
	f.Add([]byte{2, 1, 0x80})
	f.Add([]byte{5, 0})
	f.Fuzz(func(t *testing.T, value []byte) {
		sign := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: value}
		der := listOf(t, foreign(), with(sign))
		if _, err := crl.Parse(der, foreign().Issuing().Certificate, start); err == nil {
			t.Fatal("it was read as a complete list")
		}
		files := crl.FromFiles([][]byte{der}, func() time.Time { return start })
		if got := files.Check(t.Context(), subject, foreign().Issuing().Certificate); got.Status != trust.StatusUnknown {
			t.Fatalf("%q on a delta list alone", got.Status)
		}
	})
}
