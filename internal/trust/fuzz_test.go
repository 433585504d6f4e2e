package trust_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// FuzzJudge: whatever the bytes, a verdict is whole (a listed code, sentences, good only for OK), and it is good only
// for what one of our authorities signed: its signed part is that of a certificate issued here.
func FuzzJudge(f *testing.F) {
	w := made()
	seeds := []*x509.Certificate{
		w.dk(f, ca.Request{}), w.dk(f, ca.Request{SubjectEmail: bo}), w.de(f, ca.Request{Address: bo}),
		w.de(f, ca.Request{Address: bo, NotAfter: clock.Add(-day)}), w.danish.Root(), w.foreign.Issuing().Certificate,
		w.de(f, ca.Request{Shape: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{mailboxName("ø@partner.example", true)}
		}}),
		issue(f, w.stranger, ca.Request{Address: bo}, w.p256),
	}
	for _, seed := range seeds {
		f.Add(seed.Raw, bo, false)
		f.Add(seed.Raw, "ø@partner.example", true)
	}
	f.Fuzz(func(t *testing.T, der []byte, address string, bound bool) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		trust.Addresses(certificate)
		got := oddCase{certificate: certificate, address: address, bound: bound}.judge(w)
		if !slices.Contains(trust.Codes(), got.Code) || got.Good != (got.Code == trust.OK) || !got.Good && len(got.Warnings) > 0 {
			t.Fatalf("a verdict that is not whole: %+v", got)
		}
		checkSentence(t, got.Say)
		if got.Good && !slices.ContainsFunc(seeds, func(seed *x509.Certificate) bool {
			return bytes.Equal(seed.RawTBSCertificate, certificate.RawTBSCertificate)
		}) {
			t.Fatal("a certificate is good that none of our authorities has signed")
		}
	})
}
