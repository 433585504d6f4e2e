package shelf_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// pointing is a mail that a stranger has signed as bo, asking to be written to with bo's own certificate.
func pointing(r *rig, stranger *ca.Identity, to *x509.Certificate) shelf.SignedMail {
	return signedBy(r, stranger, func(m *shelf.SignedMail) {
		m.EncryptTo, m.Capabilities, m.SignedAt = to, []byte{0x30, 0x00}, r.now.Add(4*time.Minute)
	})
}

// A stranger's signature proves nothing, whatever certificate it points at: what bo can open and when bo last wrote stay as bo said.
func TestAStrangerWhoPointsAtACertificateInUseChangesNothingOfIt(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(r *rig, one *ca.Identity){
		"harvested": func(r *rig, one *ca.Identity) { must(r.Harvest(t.Context(), signedBy(r, one))) },
		"pinned": func(r *rig, one *ca.Identity) {
			must(r.Harvest(t.Context(), signedBy(r, one)))
			r.pin(t, bo, one.Certificate)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			one := issued(t, r.foreign, bo)
			use(r, one)
			if got := must(r.Harvest(t.Context(), pointing(r, issued(t, r.stranger, bo), one.Certificate))); got.Learnt == shelf.Kept {
				t.Errorf("%s", got.Learnt)
			}
			kept := must(r.List(t.Context(), store.CertificateQuery{Subject: bo}))
			if len(kept) != 1 || kept[0].Pending != "" || !slices.Equal(kept[0].Capabilities, aes) {
				t.Errorf("%d kept, the first waits for %q and opens %x", len(kept), kept[0].Pending, kept[0].Capabilities)
			}
			r.now = r.now.Add(2 * time.Minute) // bo writes again, sooner than the stranger's mail says that it was signed
			if got := must(r.Harvest(t.Context(), signedBy(r, issued(t, r.foreign, bo)))); got.Learnt != shelf.Kept {
				t.Errorf("bo's new certificate: %s", got.Learnt)
			}
		})
	}
}

// What waits because a stranger was first is used as soon as its owner proves it.
func TestWhatWaitsIsUsedOnceItsOwnerProvesIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.foreign, bo)
	if got := must(r.Harvest(t.Context(), pointing(r, issued(t, r.stranger, bo), one.Certificate))); got.Learnt != shelf.Pending {
		t.Fatal(got.Learnt)
	}
	if got := must(r.Harvest(t.Context(), signedBy(r, one))); got.Learnt != shelf.Kept {
		t.Fatal(got.Learnt)
	}
	found := must(r.Harvested().Find(t.Context(), []string{bo}))[bo]
	if len(found) != 1 || !found[0].Certificate.Equal(one.Certificate) || !slices.Equal(found[0].Capabilities, aes) {
		t.Errorf("%d found", len(found))
	}
}

// What no mail can be sent to, or what looks like another address, is nothing to have an administrator decide about.
func TestAnAuthorWhoCannotBeWrittenToTeachesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := issued(t, r.danish, "") // names no address, so that any would do
	cases := map[string]string{
		"nobody": "", "no address": "bo", "no domain": "bo@", "two": "bo@partner.example, ida@partner.example", "a group": "Alle: bo@partner.example;",
		"with a name": "Bo <bo@partner.example>", "a line break": "bo@partner.example\r\nid", "a whole domain": "@partner.example",
		"letters from right to left": "bo\u202emoc@partner.example", "a terminal's command": "bo\u009b2J@partner.example",
		"endless": strings.Repeat("a", 300) + "@partner.example",
	}
	for name, from := range cases {
		if got := must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.From = from }))); got.Learnt != shelf.Ignored {
			t.Errorf("%s: %s", name, got.Learnt)
		}
		if _, _, err := r.Pin(t.Context(), operator, shelf.Pinning{For: from, File: one.Certificate.Raw}); name != "a whole domain" && codeOf(err) != "certificate_for_invalid" {
			t.Errorf("%s, pinned: %v", name, err)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// relay is the root of somebody between bo and us, a certificate of theirs for the key and name of a real authority, and what
// else they sign.
func (r *rig) relay(real *x509.Certificate) (root, crossed *x509.Certificate, sign func(template, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	sign = func(template, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
		return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, parent, public, key))))
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: r.stranger.Root().Subject, NotBefore: r.now.Add(-time.Hour), NotAfter: r.now.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	root = sign(template, template, key.Public())
	above := *template
	above.RawSubject, above.SubjectKeyId, above.SerialNumber = real.RawSubject, real.SubjectKeyId, big.NewInt(2)
	return root, sign(&above, root, real.PublicKey), sign
}

func TestWhatARelayPutsIntoTheBagDoesNotTakeThePlaceOfTheRealIssuer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.TrustAuthority(t.Context(), operator, r.stranger.Root().Raw); err != nil {
		t.Fatal(err)
	}
	one := issued(t, r.stranger, bo)
	root, crossed, _ := r.relay(r.stranger.Issuing().Certificate)
	got := must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.Bag = append([]*x509.Certificate{root, crossed}, m.Bag...) })))
	if got.Learnt != shelf.Kept {
		t.Fatal(got.Learnt)
	}
	for _, c := range must(r.Harvested().Find(t.Context(), []string{bo}))[bo] {
		if v := r.judge.Judge(t.Context(), trust.Subject{Certificate: c.Certificate, Address: bo, Issuers: c.Issuers}); !v.Good || !slices.ContainsFunc(c.Issuers, r.stranger.Issuing().Certificate.Equal) {
			t.Errorf("%s with %d issuers", v.Code, len(c.Issuers))
		}
	}
}

// Anybody can certify anybody's key. A relay that puts such a certificate into the bag of a real mail gives a real certificate,
// which the administrator compares with its owner, a chain that ends at the relay's own root.
func TestApprovingTheAuthorityOfARealCertificateTrustsNobodyWhomARelayPutAboveIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one, real := issued(t, r.stranger, bo), r.stranger.Issuing().Certificate
	root, crossed, sign := r.relay(real)
	must(r.Harvest(t.Context(), signedBy(r, one, func(m *shelf.SignedMail) { m.Bag = append([]*x509.Certificate{root, crossed}, m.Bag...) })))
	pending := true
	waiting := must(r.List(t.Context(), store.CertificateQuery{Pending: &pending}))
	must(r.Approve(t.Context(), operator, waiting[0].ID, shelf.ItsAuthority))
	if got := r.judge.Judge(t.Context(), trust.Subject{Certificate: one.Certificate, Address: bo}); !got.Good {
		t.Errorf("the real one: %s", got.Code)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(3), EmailAddresses: []string{"ida@elsewhere.example"}, NotBefore: r.now.Add(-time.Hour), NotAfter: r.now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	forged := sign(leaf, root, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)).Public())
	if got := r.judge.Judge(t.Context(), trust.Subject{Certificate: forged, Address: "ida@elsewhere.example", Issuers: []*x509.Certificate{root}}); got.Code != trust.UnknownIssuer {
		t.Errorf("what the relay issues for others: %s", got.Code)
	}
}
