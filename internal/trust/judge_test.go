package trust_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

const bo = "bo@partner.example"

// oddCase is one certificate and what is said about it. The zero values are: for bo, not bound, everything good.
type oddCase struct {
	name        string
	certificate *x509.Certificate
	address     string
	bound       bool
	answers     answers
	profiles    []trust.Profile
	at          time.Time
	want        trust.Code
	warn        []trust.Code
}

func (c oddCase) judge(w world) trust.Verdict {
	if c.address == "" {
		c.address = bo
	}
	if c.profiles == nil {
		c.profiles = w.profiles()
	}
	if c.at.IsZero() {
		c.at = clock
	}
	judge := trust.NewJudge(trust.Deps{Profiles: c.profiles, Revocation: c.answers, Now: func() time.Time { return c.at }})
	return judge.Judge(context.Background(), trust.Subject{Certificate: c.certificate, Address: c.address, Bound: c.bound})
}

func run(t *testing.T, w world, cases []oddCase) {
	t.Helper()
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.judge(w)
			if got.Code != c.want {
				t.Fatalf("%s, want %s", got.Code, c.want)
			}
			if got.Good != (c.want == trust.OK) {
				t.Errorf("good is %v for %s", got.Good, got.Code)
			}
			checkSentence(t, got.Say)
			if len(got.Warnings) != len(c.warn) {
				t.Fatalf("warnings %v, want %v", got.Warnings, c.warn)
			}
			for i, warning := range got.Warnings {
				if warning.Code != c.warn[i] {
					t.Errorf("warning %s, want %s", warning.Code, c.warn[i])
				}
				checkSentence(t, warning.Say)
			}
			if !got.Evidence.CheckedAt.Equal(clock) && c.at.IsZero() {
				t.Errorf("checked at %v", got.Evidence.CheckedAt)
			}
			if got.Good && (len(got.Evidence.Path) < 2 || len(got.Evidence.Revocations) != len(got.Evidence.Path)-1 || got.Evidence.Profile == "") {
				t.Errorf("a good verdict rests on %+v", got.Evidence)
			}
		})
	}
}

func TestCertificatesThatMayBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	shaped := func(shape func(*x509.Certificate)) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: shape})
	}
	lenient := func(unknown, unpublished trust.Policy) []trust.Profile {
		profiles := w.profiles()
		profiles[1].WhenUnknown, profiles[1].WhenUnpublished = unknown, unpublished
		return profiles
	}
	plain := w.de(t, ca.Request{Address: bo})
	noList := shaped(func(c *x509.Certificate) { c.CRLDistributionPoints = nil })
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
		{name: "revocation cannot be known, and the profile accepts that", certificate: plain, answers: answers{plain: trust.StatusUnknown},
			profiles: lenient(trust.Warn, trust.Stop), want: trust.OK, warn: []trust.Code{trust.RevocationUnknown}},
		{name: "revocation is not published, and the profile accepts that", certificate: noList, answers: answers{noList: trust.StatusUnpublished},
			profiles: lenient(trust.Stop, trust.Warn), want: trust.OK, warn: []trust.Code{trust.RevocationUnpublished}},
		{name: "the second profile knows the issuer", certificate: w.dk(t, ca.Request{Address: bo}),
			profiles: []trust.Profile{w.profiles()[1], w.profiles()[0]}, want: trust.OK},
	})
}

func TestCertificatesThatMayNotBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	shaped := func(shape func(*x509.Certificate)) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, Shape: shape})
	}
	rsaKey := func(n *big.Int, e int) *x509.Certificate {
		return w.de(t, ca.Request{Address: bo, PrivateKey: publicOnly{&rsa.PublicKey{N: n, E: e}}})
	}
	plain, danish := w.de(t, ca.Request{Address: bo}), w.dk(t, ca.Request{Address: bo})
	ed, _ := must2(ed25519.GenerateKey(rand.Reader))
	edCertificate := w.de(t, ca.Request{Address: bo, PrivateKey: publicOnly{ed}})
	// crypto/x509 makes no certificates for X25519, so the object identifier of the key is changed (RFC 8410 section 3).
	x25519 := flippedBits(t, edCertificate, bytes.Index(edCertificate.Raw, []byte{6, 3, 0x2b, 0x65, 0x70})+4, 0x70^0x6e)
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	cos := w.de(t, ca.Request{Address: "co@partner.example"})
	short := must(rsa.GenerateKey(rand.Reader, 1024))
	issuing := w.foreign.Issuing()
	utf8 := w.de(t, ca.Request{Shape: func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{mailboxName("søren@partner.example", false)}
	}})

	run(t, w, []oddCase{
		{name: "nothing at all", certificate: nil, want: trust.Malformed},
		{name: "a certificate that was never parsed", certificate: &x509.Certificate{}, want: trust.Malformed},
		{name: "a critical extension that nobody knows", want: trust.Unsupported, certificate: shaped(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		})},

		{name: "an Ed25519 key", certificate: edCertificate, want: trust.UnsupportedKey},
		{name: "an X25519 key", certificate: x25519, want: trust.UnsupportedKey},
		{name: "a P-224 key", certificate: w.de(t, ca.Request{Address: bo, PrivateKey: p224}), want: trust.UnsupportedKey},
		{name: "an RSA key of 1024 bits", certificate: w.de(t, ca.Request{Address: bo, PrivateKey: short}), want: trust.WeakKey},
		{name: "an RSA key of 2047 bits", certificate: rsaKey(odd(2047), 65537), want: trust.WeakKey},
		{name: "an RSA key longer than anybody needs", certificate: rsaKey(odd(16385), 65537), want: trust.WeakKey},
		{name: "an RSA modulus that is even", certificate: rsaKey(new(big.Int).Add(odd(2048), big.NewInt(1)), 65537), want: trust.WeakKey},
		{name: "an RSA exponent of 1, which encrypts nothing", certificate: rsaKey(odd(2048), 1), want: trust.WeakKey},
		{name: "an RSA exponent that is even", certificate: rsaKey(odd(2048), 65536), want: trust.WeakKey},

		{name: "RSA for signatures only", certificate: w.dk(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }}), want: trust.WrongUsage},
		{name: "RSA with the usage of an EC key", certificate: w.dk(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }}), want: trust.WrongUsage},
		{name: "EC for signatures only", certificate: shaped(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), want: trust.WrongUsage},
		{name: "EC with the usage of an RSA key", certificate: shaped(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), want: trust.WrongUsage},
		{name: "EC for deciphering only", certificate: shaped(func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDecipherOnly }), want: trust.WrongUsage},
		{name: "a key usage without any bit", want: trust.WrongUsage, certificate: shaped(func(c *x509.Certificate) {
			c.KeyUsage = 0
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Value: []byte{3, 1, 0}}}
		})},
		{name: "a web server's certificate", certificate: shaped(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), want: trust.WrongUsage},
		{name: "a purpose that nobody knows", want: trust.WrongUsage, certificate: shaped(func(c *x509.Certificate) {
			c.ExtKeyUsage, c.UnknownExtKeyUsage = nil, []asn1.ObjectIdentifier{{1, 2, 3}}
		})},
		{name: "an authority's own certificate", certificate: issuing.Certificate, bound: true, want: trust.WrongUsage},
		{name: "a root", certificate: w.danish.Root(), bound: true, want: trust.WrongUsage},

		{name: "somebody else in the same house", certificate: plain, address: "ida@partner.example", want: trust.WrongAddress},
		{name: "the same name in another house", certificate: plain, address: "bo@partner2.example", want: trust.WrongAddress},
		{name: "the same name in a house below", certificate: plain, address: "bo@mail.partner.example", want: trust.WrongAddress},
		{name: "a plus address", certificate: plain, address: "bo+sag@partner.example", want: trust.WrongAddress},
		{name: "the certificate names an address that starts like this one", certificate: w.de(t, ca.Request{Address: "bo@partner.example.evil.example"}), want: trust.WrongAddress},
		{name: "a NUL byte after the address in the certificate", certificate: w.de(t, ca.Request{Address: "bo@partner.example\x00.evil.example"}), want: trust.WrongAddress},
		{name: "an organisation certificate that nobody has bound", certificate: w.dk(t, ca.Request{}), want: trust.WrongAddress},
		{name: "no at sign", certificate: plain, address: "partner.example", want: trust.WrongAddress},
		{name: "nothing before the at sign", certificate: plain, address: "@partner.example", want: trust.WrongAddress},
		{name: "nothing after the at sign", certificate: w.de(t, ca.Request{Address: "bo@"}), address: "bo@", want: trust.WrongAddress},
		{name: "a display name around the address", certificate: plain, address: "Bo <bo@partner.example>", want: trust.WrongAddress},
		{name: "an international mailbox in other case", certificate: utf8, address: "SØREN@partner.example", want: trust.WrongAddress},
		{name: "the address only as the common name", certificate: w.de(t, ca.Request{CommonName: bo}), want: trust.WrongAddress},

		{name: "valid from tomorrow", certificate: w.de(t, ca.Request{Address: bo, NotBefore: clock.Add(day)}), want: trust.NotYetValid},
		{name: "valid from the next second", certificate: w.de(t, ca.Request{Address: bo, NotBefore: clock.Add(time.Second)}), want: trust.NotYetValid},
		{name: "expired yesterday", certificate: w.dk(t, ca.Request{Address: bo, NotAfter: clock.Add(-day)}), want: trust.Expired},
		{name: "expired a second ago", certificate: w.de(t, ca.Request{Address: bo, NotAfter: clock.Add(-time.Second)}), want: trust.Expired},
		{name: "expired, though an administrator bound it", certificate: w.dk(t, ca.Request{NotAfter: clock.Add(-day)}), bound: true, want: trust.Expired},

		{name: "an authority with the right name and another key", certificate: issue(t, w.stranger, ca.Request{Address: bo}, w.p256), want: trust.UnknownIssuer},
		{name: "no profiles at all", certificate: plain, profiles: []trust.Profile{}, want: trust.UnknownIssuer},
		{name: "a test root in its own profile only", certificate: danish, profiles: w.profiles()[1:], want: trust.UnknownIssuer},
		{name: "a missing issuing authority", certificate: plain, want: trust.UnknownIssuer,
			profiles: []trust.Profile{{Name: "public", Roots: []*x509.Certificate{w.foreign.Root()}}}},
		{name: "signed by itself", certificate: newBranch(t, nil, nil, func(c *x509.Certificate) {
			c.IsCA, c.KeyUsage, c.EmailAddresses = false, x509.KeyUsageKeyAgreement, []string{bo}
		}).certificate, want: trust.UnknownIssuer},

		{name: "signed with SHA-1 and RSA", want: trust.WeakSignature, certificate: w.dk(t, ca.Request{Address: bo, Shape: func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }})},
		{name: "signed with SHA-1 and ECDSA", want: trust.WeakSignature, certificate: shaped(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })},
		{name: "the signature is changed", certificate: flipped(t, danish, len(danish.Raw)-5), want: trust.Forged},
		{name: "the name is changed", certificate: flipped(t, plain, bytes.Index(plain.Raw, []byte("\x13\x02Bo"))+2), want: trust.Forged},
		{name: "the address is changed to this one", certificate: flipped(t, cos, bytes.Index(cos.Raw, []byte("co@"))), want: trust.Forged},
	})
}

func TestPathsThatMayNotBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	root := newBranch(t, nil, nil, nil)
	leafOf := func(shape func(*x509.Certificate)) (*x509.Certificate, []trust.Profile) {
		between := newBranch(t, root.certificate, root.key, shape)
		return between.leaf(t, w.p256, nil), []trust.Profile{{
			Name: "own", Roots: []*x509.Certificate{root.certificate}, Intermediates: []*x509.Certificate{between.certificate},
		}}
	}
	build := func(name string, want trust.Code, shape func(*x509.Certificate)) oddCase {
		certificate, profiles := leafOf(shape)
		return oddCase{name: name, certificate: certificate, profiles: profiles, want: want}
	}
	bounded := newBranch(t, root.certificate, root.key, func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"uni.example", "partner.example"} })
	narrow := []trust.Profile{{Name: "own", Roots: []*x509.Certificate{root.certificate}, Intermediates: []*x509.Certificate{bounded.certificate}}}
	boInSubject := pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: bo}}}
	inSubject := bounded.leaf(t, w.p256, func(c *x509.Certificate) { c.Subject, c.EmailAddresses = boInSubject, nil })
	inBoth := bounded.leaf(t, w.p256, func(c *x509.Certificate) { c.Subject = boInSubject })
	international := bounded.leaf(t, w.p256, func(c *x509.Certificate) {
		c.EmailAddresses, c.ExtraExtensions = nil, []pkix.Extension{mailboxName(bo, false)}
	})
	sub := newBranch(t, w.foreign.Issuing().Certificate, w.foreign.Issuing().Key, nil)
	tooLong := w.profiles()
	tooLong[1].Intermediates = append(tooLong[1].Intermediates, sub.certificate)
	aged := w.de(t, ca.Request{Address: bo, NotAfter: clock.AddDate(15, 0, 0)})
	pinnedRoot := w.de(t, ca.Request{Address: bo})
	weakRoot := must(rsa.GenerateKey(rand.Reader, 2048))
	oldRoot := selfSignedRSA(t, weakRoot)
	oldBranch := newBranch(t, oldRoot, weakRoot, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA })

	run(t, w, []oddCase{
		build("an ordinary path, to prove that the others fail for their reason", trust.OK, nil),
		build("an issuing authority that is none", trust.BadPath, func(c *x509.Certificate) { c.IsCA, c.SubjectKeyId = false, []byte("a key") }),
		build("an issuing authority for web servers", trust.BadPath, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }),
		build("an issuing authority for another domain", trust.BadPath, func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"uni.example"} }),
		build("an issuing authority that may not act for this domain", trust.BadPath, func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{"partner.example"} }),
		build("an issuing authority for this domain", trust.OK, func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"partner.example"} }),
		{name: "an address in the subject that the authority's domains were not held against", want: trust.BadPath, certificate: inSubject, profiles: narrow},
		{name: "an international mailbox that they were not held against", want: trust.BadPath, certificate: international, profiles: narrow},
		{name: "the address in the subject and in the alternative name", want: trust.OK, certificate: inBoth, profiles: narrow},
		build("an issuing authority with a critical extension that nobody knows", trust.BadPath, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}),
		build("an issuing authority that has expired", trust.IssuerExpired, func(c *x509.Certificate) { c.NotAfter = clock.Add(-time.Hour) }),
		{name: "an authority below one that may have none", certificate: sub.leaf(t, w.p256, nil), profiles: tooLong, want: trust.BadPath},
		{name: "a certificate that outlives its authority", certificate: aged, at: clock.AddDate(11, 0, 0), want: trust.IssuerExpired},
		{name: "an issuing authority signed with SHA-1", certificate: oldBranch.leaf(t, w.p256, nil), want: trust.WeakSignature,
			profiles: []trust.Profile{{Name: "old", Roots: []*x509.Certificate{oldRoot}, Intermediates: []*x509.Certificate{oldBranch.certificate}}}},
		{name: "a recipient's certificate put among the roots", certificate: pinnedRoot, want: trust.BadPath,
			profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{pinnedRoot}}}},
	})
}

func TestRevocationStopsAndDoubtStops(t *testing.T) {
	t.Parallel()
	w := made()
	leaf, issuing := w.de(t, ca.Request{Address: bo}), w.foreign.Issuing().Certificate
	warned := w.profiles()
	warned[1].WhenUnknown, warned[1].WhenUnpublished = trust.Warn, trust.Warn

	run(t, w, []oddCase{
		{name: "the certificate is revoked", certificate: leaf, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "it is revoked, though an administrator bound it", certificate: leaf, bound: true, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "it is revoked, and the profile is lenient", certificate: leaf, profiles: warned, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked", certificate: leaf, answers: answers{issuing: trust.StatusRevoked}, want: trust.Revoked},
		{name: "its authority is revoked, and nothing is known of itself", certificate: leaf, want: trust.Revoked,
			answers: answers{leaf: trust.StatusUnknown, issuing: trust.StatusRevoked}},
		{name: "nothing is known of it", certificate: leaf, answers: answers{leaf: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "nothing is known of its authority", certificate: leaf, answers: answers{issuing: trust.StatusUnknown}, want: trust.RevocationUnknown},
		{name: "nothing is published about it", certificate: leaf, answers: answers{leaf: trust.StatusUnpublished}, want: trust.RevocationUnpublished},
		{name: "the source answers something that nobody knows", certificate: leaf, answers: answers{leaf: "perhaps"}, want: trust.RevocationUnknown},
		{name: "one warning for two doubts", certificate: leaf, profiles: warned, want: trust.OK, warn: []trust.Code{trust.RevocationUnknown},
			answers: answers{leaf: trust.StatusUnknown, issuing: trust.StatusUnknown}},
	})
}

func TestARevokedAuthorityClosesOnlyThePathsThroughIt(t *testing.T) {
	t.Parallel()
	w := made()
	one, two := newBranch(t, nil, nil, nil), newBranch(t, nil, nil, nil)
	between := newBranch(t, one.certificate, one.key, nil)
	// The same authority, name and key, certified by the other root as well.
	template := *between.certificate
	crossed := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, two.certificate, between.key.Public(), two.key))))
	profiles := []trust.Profile{{
		Name: "both", Roots: []*x509.Certificate{one.certificate, two.certificate}, Intermediates: []*x509.Certificate{between.certificate, crossed},
	}}
	leaf := between.leaf(t, w.p256, nil)
	run(t, w, []oddCase{
		{name: "one way is closed", certificate: leaf, profiles: profiles, answers: answers{between.certificate: trust.StatusRevoked}, want: trust.OK},
		{name: "the other way is closed", certificate: leaf, profiles: profiles, answers: answers{crossed: trust.StatusRevoked}, want: trust.OK},
		{name: "both are closed", certificate: leaf, profiles: profiles, want: trust.Revoked,
			answers: answers{crossed: trust.StatusRevoked, between.certificate: trust.StatusRevoked}},
		{name: "one is closed, the other in doubt", certificate: leaf, profiles: profiles, want: trust.Revoked,
			answers: answers{crossed: trust.StatusUnknown, between.certificate: trust.StatusRevoked}},
		{name: "one is in doubt, the other closed", certificate: leaf, profiles: profiles, want: trust.Revoked,
			answers: answers{crossed: trust.StatusRevoked, between.certificate: trust.StatusUnknown}},
		{name: "the certificate itself is revoked, whichever way", certificate: leaf, profiles: profiles, answers: answers{leaf: trust.StatusRevoked}, want: trust.Revoked},
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

func selfSignedRSA(t *testing.T, key *rsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Old root"}, NotBefore: clock.Add(-day), NotAfter: clock.Add(900 * day),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))))
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}
