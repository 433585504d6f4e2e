package crl_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

// knowing is a source that knows these authorities.
func knowing(authorities ...*x509.Certificate) *crl.Source {
	return crl.New(crl.Deps{Now: (&clock{}).now, Client: client(), Issuers: func(rawSubject []byte) []*x509.Certificate {
		var found []*x509.Certificate
		for _, one := range authorities {
			if bytes.Equal(one.RawSubject, rawSubject) {
				found = append(found, one)
			}
		}
		return found
	}})
}

func TestAnIndirectListTellsWhoseEntriesAre(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	address := web.URL + "/indirect"
	signer := signing().Certificate
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{address}, signer: signer}))
	other := issued(t, foreign())
	mine, theirs, stranger := of(foreign().Issuing().Certificate), of(danish().Issuing().Certificate), of(foreign().Root())
	indirect := with(point(address, yes(4)))
	// The issuer's name as another program may write it: other case, other string type.
	loud := must(asn1.Marshal(pkix.RDNSequence{
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "PLAYGROUND TRUST S/MIME  CA 1"}}, {{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("playground trust")}}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "de"}},
	}))
	const good, revoked, unknown = trust.StatusGood, trust.StatusRevoked, trust.StatusUnknown
	cases := []struct {
		name string
		list []byte
		want trust.Status
	}{
		{"an empty list", signedBy(t, signing(), indirect), good},
		{"the serial number is the signer's own", signedBy(t, signing(), indirect, row(subject, 0)), good},
		{"the serial number is another authority's", signedBy(t, signing(), indirect, row(subject, 0, theirs)), good},
		{"it is the issuer's", signedBy(t, signing(), indirect, row(subject, 0, mine)), revoked},
		{"it follows an entry of the issuer's", signedBy(t, signing(), indirect, row(other, 0, mine), row(subject, 0)), revoked},
		{"it follows an entry of another's, which follows one of the issuer's", signedBy(t, signing(), indirect, row(other, 0, mine), row(other, 0, theirs), row(subject, 0)), good},
		{"it is far below the issuer's first", signedBy(t, signing(), indirect, row(other, 0), row(other, 0, theirs), row(other, 0), row(other, 0, mine), row(other, 0), row(subject, 0)), revoked},
		{"an entry of two issuers", signedBy(t, signing(), indirect, row(subject, 0, theirs, mine)), revoked},
		{"an entry of two others", signedBy(t, signing(), indirect, row(subject, 0, theirs, stranger)), good},
		{"the issuer's name is written in another way", signedBy(t, signing(), indirect, row(subject, 0, inside(4, asn1.RawValue{FullBytes: loud}))), revoked},

		{"an entry of nobody's with an X.500 name", signedBy(t, signing(), indirect, row(other, 0, asn1.RawValue{Class: 2, Tag: 6, Bytes: []byte("http://x/")})), unknown},
		{"an entry whose issuer is garbage", signedBy(t, signing(), indirect, row(other, 0, inside(4, asn1.RawValue{Tag: asn1.TagNull}))), unknown},
		{"an entry with another critical extension", signedBy(t, signing(), all(indirect, func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}), row(other, 0)), unknown},
		{"the list does not say that it is indirect", signedBy(t, signing(), with(point(address))), unknown},
		{"the list is of another name", signedBy(t, signing(), with(point(web.URL+"/else", yes(4)))), unknown},
		{"the issuer signed it, whom the certificate does not name", listOf(t, foreign(), indirect), unknown},
		{"another signer of the same name signed it", signedBy(t, signerOf(foreign(), nil), indirect), unknown},
	}
	var serve []byte
	web.at("/indirect", func() []byte { return serve })
	for _, c := range cases {
		serve = c.list
		got := check(knowing(signer), subject, foreign())
		if got.Status != c.want || (got.Cause == nil) != (c.want != unknown) {
			t.Errorf("%s: %q, want %q (%v)", c.name, got.Status, c.want, got.Cause)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAnIndirectListMayHaveDeltas(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	address := web.URL + "/indirect"
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{address}, signer: signing().Certificate}), freshestAt(web.URL+"/delta"))
	indirect := with(point(address, yes(4)))
	mine := of(foreign().Issuing().Certificate)
	base := signedBy(t, signing(), indirect)
	change := signedBy(t, signing(), all(indirect, numbered(9), with(delta(7))), row(subject, 0, mine))
	web.at("/indirect", func() []byte { return base })
	web.at("/delta", func() []byte { return change })
	if got := check(knowing(signing().Certificate), subject, foreign()); got.Status != trust.StatusRevoked || got.Number != "9" {
		t.Errorf("%q of %q (%v)", got.Status, got.Number, got.Cause)
	}
}

func TestWhoMaySignForAnotherIsDecidedByWhoStandsAbove(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	address := web.URL + "/indirect"
	plain := func() []byte { return listOf(t, foreign(), nil) }
	own := web.at("/own", plain)
	lists := func(addresses ...string) *ca.Identity {
		return signerOf(foreign(), func(c *x509.Certificate) { c.CRLDistributionPoints = addresses })
	}
	revokedSigner := lists(web.URL + "/revoked")
	revoked := listOf(t, foreign(), nil, revokedSigner.Certificate)
	web.at("/revoked", func() []byte { return revoked })
	issuing, root := foreign().Issuing(), foreign().Root()
	usage := func(usage x509.KeyUsage) *ca.Identity {
		return signerOf(foreign(), func(c *x509.Certificate) { c.KeyUsage = usage })
	}

	cases := []struct {
		name   string
		signer *ca.Identity
		knows  []*x509.Certificate
		want   trust.Status
		cause  string
	}{
		{"the issuer signed its certificate", signing(), []*x509.Certificate{signing().Certificate}, trust.StatusGood, ""},
		{"its own list says that it is good", lists(own), nil, trust.StatusGood, ""},
		{"nobody knows it", signing(), []*x509.Certificate{root, issuing.Certificate}, trust.StatusUnknown, "not known"},
		{"it stands under another root", signerOf(danish(), nil), nil, trust.StatusUnknown, "not known"},
		{"it stands under another root with the same names", signerOf(stranger(), nil), nil, trust.StatusUnknown, "not known"},
		{"it may not sign lists", usage(x509.KeyUsageDigitalSignature), nil, trust.StatusUnknown, "sign"},
		{"it does not say what it may", usage(0), nil, trust.StatusUnknown, "sign"},
		{"its time is over", signerOf(foreign(), func(c *x509.Certificate) { c.NotAfter = start.Add(-30 * 60e9) }), nil, trust.StatusUnknown, "not known"},
		{"its time has not come", signerOf(foreign(), func(c *x509.Certificate) { c.NotBefore = start.Add(1e9) }), nil, trust.StatusUnknown, "not known"},
		{"it has a critical extension that nobody knows", signerOf(foreign(), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}), nil, trust.StatusUnknown, "not known"},
		{"it has been revoked itself", revokedSigner, nil, trust.StatusUnknown, "unrevoked"},
		{"whether it has been revoked cannot be had", lists(web.URL + "/away"), nil, trust.StatusUnknown, "unrevoked"},
		{"its own list is signed by itself", signerOf(foreign(), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{pointsAt(at{addresses: []string{address}, signer: signing().Certificate})}
		}), nil, trust.StatusUnknown, "unrevoked"},
	}
	var serve []byte
	web.at("/indirect", func() []byte { return serve })
	for _, c := range cases {
		if c.knows == nil {
			c.knows = []*x509.Certificate{c.signer.Certificate, root, issuing.Certificate}
		}
		serve = nil
		if c.signer.Certificate.KeyUsage&x509.KeyUsageCRLSign != 0 {
			serve = signedBy(t, c.signer, with(point(address, yes(4))))
		}
		subject := issued(t, foreign(), pointsAt(at{addresses: []string{address}, signer: c.signer.Certificate}))
		got := check(knowing(c.knows...), subject, foreign())
		if got.Status != c.want || c.cause != "" && (got.Cause == nil || !strings.Contains(got.Cause.Error(), c.cause)) {
			t.Errorf("%s: %q, want %q (%v)", c.name, got.Status, c.want, got.Cause)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{address}, signer: signing().Certificate}))
	serve = signedBy(t, signing(), with(point(address, yes(4))))
	if got := check(loopback(&clock{}), subject, foreign()); got.Status != trust.StatusUnknown {
		t.Errorf("a source that knows nobody: %q", got.Status)
	}
}

func TestASignerMayStandAboveOrBesideTheIssuer(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	address := web.URL + "/indirect"
	h := twoStoreys(t)
	beside := h.certify("Signer", h.root, x509.KeyUsageCRLSign)
	cousin := h.certify("Cousin", h.certify("Another", h.root, x509.KeyUsageCertSign), x509.KeyUsageCRLSign)
	var serve []byte
	web.at("/indirect", func() []byte { return serve })
	cases := map[string]struct {
		signer *ca.Identity
		knows  []*x509.Certificate
		want   trust.Status
	}{
		"the root":                            {h.root, []*x509.Certificate{h.root.Certificate}, trust.StatusRevoked},
		"one whom the root signed":            {beside, []*x509.Certificate{h.root.Certificate, beside.Certificate}, trust.StatusRevoked},
		"the same, where the root is unknown": {beside, []*x509.Certificate{beside.Certificate}, trust.StatusUnknown},
		"one below another of the root's":     {cousin, []*x509.Certificate{h.root.Certificate, cousin.Certificate}, trust.StatusUnknown},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for name, c := range cases {
		subject := h.leaf(pointsAt(at{addresses: []string{address}, signer: c.signer.Certificate}))
		serve = nil
		if c.signer.Certificate.KeyUsage&x509.KeyUsageCRLSign != 0 {
			serve = signedBy(t, c.signer, with(point(address, yes(4))), row(subject, 0, of(h.issuing.Certificate)))
		}
		if got := knowing(c.knows...).Check(t.Context(), subject, h.issuing.Certificate); got.Status != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, got.Status, c.want, got.Cause)
		}
	}
}

func TestTheIssuersSuccessorUnderTheSameNameDoesNotAnswerForIt(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	address := web.URL + "/list"
	h := twoStoreys(t)
	successor := h.certify("Issuing", h.root, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	subject := h.leaf(pointsAt(at{addresses: []string{address}, signer: h.issuing.Certificate}))
	var serve []byte
	web.at("/list", func() []byte { return serve })
	for signer, want := range map[*ca.Identity]trust.Status{h.issuing: trust.StatusGood, successor: trust.StatusUnknown} {
		serve = signedBy(t, signer, nil)
		source := knowing(h.root.Certificate, successor.Certificate)
		if got := source.Check(t.Context(), subject, h.issuing.Certificate); got.Status != want {
			t.Errorf("%q, want %q (%v)", got.Status, want, got.Cause)
		}
	}
}
