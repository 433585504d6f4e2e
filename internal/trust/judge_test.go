package trust_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

func TestCertificatesThatMayBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	shaped := func(shape func(*x509.Certificate)) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: shape})
	}
	plain := w.de(t, ca.Request{Address: bo})
	utf8 := func(mailbox string, critical bool) *x509.Certificate {
		return w.de(t, ca.Request{Shape: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{mailboxName(mailbox, critical)}
			if critical {
				c.Subject = pkix.Name{}
			}
		}})
	}
	run(t, w, []oddCase{
		{name: "a Danish organisation certificate without any address, bound by an administrator", certificate: w.dk(t, ca.Request{}), bound: true, want: trust.OK},
		{name: "a Danish one with the address in the alternative name", certificate: w.dk(t, ca.Request{Address: bo}), want: trust.OK},
		{name: "a Danish one with the address in the subject", certificate: w.dk(t, ca.Request{SubjectEmail: bo}), want: trust.OK},
		{name: "a Danish one on a P-256 key", certificate: w.dk(t, ca.Request{Address: bo, Key: ca.P256}), want: trust.OK},
		{name: "a foreign one on P-256", certificate: plain, want: trust.OK},
		{name: "a foreign one on P-384", certificate: w.de(t, ca.Request{Address: bo, Key: ca.P384}), want: trust.OK},
		{name: "a foreign one on P-521", certificate: w.de(t, ca.Request{Address: bo, Key: ca.P521}), want: trust.OK},
		{name: "a foreign one on RSA", certificate: w.de(t, ca.Request{Address: bo, PrivateKey: w.rsa}), want: trust.OK},
		{name: "the longest RSA key that is taken", certificate: w.de(t, ca.Request{Address: bo, PrivateKey: publicOnly{&rsa.PublicKey{N: odd(16384), E: 65537}}}), want: trust.OK},
		{name: "no key usage at all", certificate: shaped(func(c *x509.Certificate) { c.KeyUsage = 0 }), want: trust.OK},
		{name: "no extended key usage at all", certificate: shaped(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), want: trust.OK},
		{name: "extended key usage any", certificate: shaped(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), want: trust.OK},
		{name: "mail among other purposes", certificate: shaped(func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) }), want: trust.OK},
		{name: "a shouted domain", certificate: plain, address: "bo@PARTNER.Example", want: trust.OK},
		{name: "a shouted local part", certificate: plain, address: "BO@partner.example", want: trust.OK},
		{name: "a quoted local part with an at sign inside", certificate: w.de(t, ca.Request{Address: `"b@o"@partner.example`}), address: `"b@o"@partner.example`, want: trust.OK},
		{name: "the second of several addresses", certificate: shaped(func(c *x509.Certificate) { c.EmailAddresses = []string{"ida@partner.example", bo} }), want: trust.OK},
		{name: "a Danish letter in the domain, written as DNS has it in the certificate", certificate: w.de(t, ca.Request{Address: "bo@xn--mlle-gra.example"}), address: "bo@Mølle.example", want: trust.OK},
		{name: "a Danish letter in the domain, written as people do in the certificate", certificate: utf8("bo@mølle.example", false), address: "bo@xn--mlle-gra.example", want: trust.OK},
		{name: "a Danish letter before the at sign", certificate: utf8("søren@partner.example", false), address: "søren@partner.example", want: trust.OK},
		{name: "an empty subject and a critical international mailbox", certificate: utf8("søren@partner.example", true), address: "søren@partner.example", want: trust.OK},
		{name: "31 days left", certificate: w.de(t, ca.Request{Address: bo, NotAfter: clock.Add(31 * day)}), want: trust.OK},
		{name: "29 days left", certificate: w.de(t, ca.Request{Address: bo, NotAfter: clock.Add(29 * day)}), want: trust.OK, warn: []trust.Code{trust.ExpiresSoon}},
		{name: "the last second", certificate: w.de(t, ca.Request{Address: bo, NotAfter: clock}), want: trust.OK, warn: []trust.Code{trust.ExpiresSoon}},
		{name: "the second profile knows the issuer", certificate: w.dk(t, ca.Request{Address: bo}),
			profiles: []trust.Profile{w.profiles()[1], w.profiles()[0]}, want: trust.OK},
	})
}

func TestASignersCertificateNeedsNoOtherUseThanSigning(t *testing.T) {
	t.Parallel()
	w := made()
	signing := func(s *trust.Subject) { s.Signing = true }
	usage := func(bits x509.KeyUsage) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.KeyUsage = bits }})
	}
	ed, _ := must2(ed25519.GenerateKey(rand.Reader))
	run(t, w, []oddCase{
		{name: "for signing", certificate: usage(x509.KeyUsageDigitalSignature), subject: signing, want: trust.OK},
		{name: "for signatures that bind", certificate: usage(x509.KeyUsageContentCommitment), subject: signing, want: trust.OK},
		{name: "for signing and encryption", certificate: w.de(t, ca.Request{Address: bo}), subject: signing, want: trust.OK},
		{name: "on Ed25519", certificate: w.de(t, ca.Request{Address: bo, PrivateKey: publicOnly{ed}, Shape: func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageDigitalSignature
		}}), subject: signing, want: trust.OK},
	})
}

func TestAVerdictShowsWhatItRestsOn(t *testing.T) {
	t.Parallel()
	w := made()
	leaf := w.dk(t, ca.Request{Address: bo})
	got := oddCase{certificate: leaf}.judge(w).Evidence
	want := []string{trust.Fingerprint(leaf), trust.Fingerprint(w.danish.Issuing().Certificate), trust.Fingerprint(w.danish.Root())}
	if got.Profile != "oces3" || len(got.Path) != 3 || len(got.Revocations) != 2 {
		t.Fatalf("evidence %+v", got)
	}
	for i := range want {
		if got.Path[i] != want[i] {
			t.Errorf("path %d is %s, want %s", i, got.Path[i], want[i])
		}
	}
	for i, answer := range got.Revocations {
		if answer.Certificate != want[i] || answer.Number != "7" || answer.NextUpdate.IsZero() {
			t.Errorf("revocation %d is %+v", i, answer)
		}
	}
}

func TestTheSentenceNamesTheDay(t *testing.T) {
	t.Parallel()
	w := made()
	end := time.Date(2026, time.October, 3, 12, 0, 0, 0, time.UTC)
	got := oddCase{certificate: w.de(t, ca.Request{Address: bo, NotBefore: end.AddDate(-1, 0, 0), NotAfter: end})}.judge(w).Say
	if want := "Modtagerens certifikat udløb den 3. oktober 2026. Bed modtageren om at forny det og sende jer det nye."; got.DA != want {
		t.Errorf("got %q, want %q", got.DA, want)
	}
	if want := "The recipient's certificate expired on 3 October 2026. Ask the recipient to renew it and send you the new one."; got.EN != want {
		t.Errorf("got %q, want %q", got.EN, want)
	}
}
