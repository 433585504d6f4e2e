package trust_test

import (
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/trust"
)

// minWrong is how many bad certificates there must be at least, lest a group of them is lost.
const minWrong = 60

// What must not be used, by what is wrong with it. Each case names the code; run holds both sentences against it.
func TestCertificatesThatMayNotBeUsed(t *testing.T) {
	t.Parallel()
	w := made()
	groups := []struct {
		name  string
		cases []oddCase
	}{
		{"unreadable", wrongUnreadable(t, w)},
		{"key", wrongKeys(t, w)},
		{"usage", wrongUsages(t, w)},
		{"signer's usage", wrongForSigners(t, w)},
		{"address", wrongAddresses(t, w)},
		{"time", wrongTimes(t, w)},
		{"issuer", wrongIssuers(t, w)},
		{"signature", wrongSignatures(t, w)},
		{"path", wrongPaths(t, w)},
		{"revocation", wrongRevocations(t, w)},
		{"profile", wrongForTheProfile(t, w)},
		{"vouched for", wrongThoughVouched(t, w)},
	}
	distinct, codes := map[string]bool{}, map[trust.Code]bool{}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) { run(t, w, group.cases) })
		for _, c := range group.cases {
			if c.want == trust.OK {
				t.Errorf("%s/%s is not wrong at all", group.name, c.name)
			}
			if codes[c.want] = true; c.certificate != nil {
				distinct[string(c.certificate.Raw)] = true
			}
		}
	}
	t.Logf("%d different certificates, %d codes", len(distinct), len(codes))
	if len(distinct) < minWrong {
		t.Errorf("%d bad certificates, want %d at least", len(distinct), minWrong)
	}
	warnings := []trust.Code{trust.OK, trust.ExpiresSoon, trust.RevocationGrace, trust.Vouched}
	for _, code := range trust.Codes() {
		if !codes[code] && !slices.Contains(warnings, code) {
			t.Errorf("no certificate is %s", code)
		}
	}
}
