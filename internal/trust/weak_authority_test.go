package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"

	"aau.dk/sendsikker/internal/trust"
)

// Whoever takes such a key apart issues what they like, for everybody. A stranger may bring the authority along: there are
// old ones that their root has forgotten.
func TestAnAuthorityWhoseKeyIsTooShortVouchesForNobody(t *testing.T) {
	t.Parallel()
	w := made()
	root := newBranch(t, nil, nil, nil)
	cases := map[int]trust.Code{1024: trust.BadPath, 2047: trust.BadPath, 2048: trust.OK}
	for bits, want := range cases {
		key := must(rsa.GenerateKey(rand.Reader, bits))
		between := newBranch(t, root.certificate, root.key, nil).certificate
		template := *between
		weak := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, root.certificate, key.Public(), root.key))))
		leaf := newBranch(t, root.certificate, root.key, nil).leaf(t, w.p256, nil)
		template = *leaf
		template.SignatureAlgorithm, template.AuthorityKeyId = x509.SHA256WithRSA, nil
		leaf = must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, weak, w.p256.Public(), key))))
		judge := trust.NewJudge(trust.Deps{
			Profiles: []trust.Profile{{Name: "own", Roots: []*x509.Certificate{root.certificate}}}, Revocation: answers{}, Now: now,
		})
		got := judge.Judge(context.Background(), trust.Subject{Certificate: leaf, Address: bo, Issuers: []*x509.Certificate{weak}})
		if got.Code != want {
			t.Errorf("%d bits: %s, want %s", bits, got.Code, want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
