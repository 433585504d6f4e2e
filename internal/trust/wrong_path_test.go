package trust_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// below is a leaf under an authority of this shape, under a root of ours. change is for the leaf.
func below(t testing.TB, w world, shape, change func(*x509.Certificate)) oddCase {
	t.Helper()
	root := newBranch(t, nil, nil, nil)
	between := newBranch(t, root.certificate, root.key, shape)
	return oddCase{certificate: between.leaf(t, w.p256, change), profiles: []trust.Profile{{
		Name: "own", Roots: []*x509.Certificate{root.certificate}, Intermediates: []*x509.Certificate{between.certificate},
	}}}
}

func wrongPaths(t *testing.T, w world) []oddCase {
	build := func(name string, want trust.Code, shape func(*x509.Certificate), change ...func(*x509.Certificate)) oddCase {
		c := below(t, w, shape, append(change, nil)[0])
		c.name, c.want = name, want
		return c
	}
	usage := func(bits x509.KeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.KeyUsage = bits }
	}
	purpose := func(purposes ...x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = purposes }
	}
	permitted := func(names ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.PermittedEmailAddresses = names }
	}
	excluded := func(names ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExcludedEmailAddresses = names }
	}
	inSubject := func(c *x509.Certificate) { c.Subject, c.EmailAddresses = boInSubject(), nil }
	international := func(c *x509.Certificate) {
		c.EmailAddresses, c.ExtraExtensions = nil, []pkix.Extension{mailboxName(bo, false)}
	}
	sub := newBranch(t, w.foreign.Issuing().Certificate, w.foreign.Issuing().Key, nil)
	tooLong := w.profiles()
	tooLong[1].Intermediates = append(tooLong[1].Intermediates, sub.certificate)
	aged := w.de(t, ca.Request{Address: bo, NotAfter: clock.AddDate(30, 0, 0)})
	pinned := w.de(t, ca.Request{Address: bo})
	person := w.de(t, ca.Request{CommonName: "Ida", Address: "ida@partner.example"})
	byPerson := branch{certificate: person, key: w.p256.(*ecdsa.PrivateKey)}
	withPerson := w.profiles()
	withPerson[1].Intermediates = append(withPerson[1].Intermediates, person)
	pastRoot := newBranch(t, nil, nil, func(c *x509.Certificate) { c.NotAfter = clock.Add(-time.Hour) })

	return []oddCase{
		build("an issuing authority that is none", trust.BadPath, func(c *x509.Certificate) { c.IsCA, c.SubjectKeyId = false, []byte("a key") }),
		build("an issuing authority that may sign lists only", trust.BadPath, usage(x509.KeyUsageCRLSign)),
		build("an issuing authority that may sign mail only", trust.BadPath, usage(x509.KeyUsageDigitalSignature)),
		build("an issuing authority for web servers", trust.BadPath, purpose(x509.ExtKeyUsageServerAuth)),
		build("an issuing authority for all but mail", trust.BadPath, purpose(x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageCodeSigning)),
		build("an issuing authority for another domain", trust.BadPath, permitted("uni.example")),
		build("an issuing authority for another mailbox", trust.BadPath, permitted("ida@partner.example")),
		build("an issuing authority for the hosts below only", trust.BadPath, permitted(".partner.example")),
		build("an issuing authority that may not act for this domain", trust.BadPath, excluded("partner.example")),
		build("an issuing authority that may not act for this mailbox", trust.BadPath, excluded(bo)),
		build("an address in the subject that the authority's domains were not held against", trust.BadPath, permitted("uni.example", "partner.example"), inSubject),
		build("an address in the subject that may not be there", trust.BadPath, excluded("partner.example"), inSubject),
		build("an international mailbox that they were not held against", trust.BadPath, permitted("uni.example", "partner.example"), international),
		build("an international mailbox that may not be there", trust.BadPath, excluded("partner.example"), international),
		build("an issuing authority with a critical extension that nobody knows", trust.BadPath, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}),
		build("an issuing authority that has expired", trust.IssuerExpired, func(c *x509.Certificate) { c.NotAfter = clock.Add(-time.Hour) }),
		build("an issuing authority that begins tomorrow", trust.IssuerExpired, func(c *x509.Certificate) { c.NotBefore = clock.Add(day) }),
		{name: "a root that has expired", certificate: pastRoot.leaf(t, w.p256, nil), want: trust.IssuerExpired,
			profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{pastRoot.certificate}}}},
		{name: "a certificate that outlives its authority", certificate: aged, at: clock.AddDate(11, 0, 0), want: trust.IssuerExpired},
		{name: "a certificate that outlives its root", certificate: aged, at: clock.AddDate(26, 0, 0), want: trust.IssuerExpired},
		{name: "an authority below one that may have none", certificate: sub.leaf(t, w.p256, nil), profiles: tooLong, want: trust.BadPath},
		{name: "a person's certificate as the authority", certificate: byPerson.leaf(t, w.p256, nil), profiles: withPerson, want: trust.BadPath},
		{name: "a recipient's certificate put among the roots", certificate: pinned, want: trust.BadPath,
			profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{pinned}}}},
	}
}

func boInSubject() pkix.Name {
	return pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: bo}}}
}

// The same shapes with nothing wrong: the others fail for their reason, and not for being odd.
func TestOddPathsThatMayBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	build := func(name string, shape, change func(*x509.Certificate)) oddCase {
		c := below(t, w, shape, change)
		c.name, c.want = name, trust.OK
		return c
	}
	ours := func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"uni.example", "partner.example"} }
	run(t, w, []oddCase{
		build("an ordinary path", nil, nil),
		build("an issuing authority for this domain", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"partner.example"} }, nil),
		build("an issuing authority for this mailbox", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{bo} }, nil),
		build("an issuing authority that may act for some web servers only", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"uni.example"} }, nil),
		build("an issuing authority for mail and logging in", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection}
		}, nil),
		build("an issuing authority for any purpose", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }, nil),
		build("the address in the subject and in the alternative name", ours, func(c *x509.Certificate) { c.Subject = boInSubject() }),
	})
}
