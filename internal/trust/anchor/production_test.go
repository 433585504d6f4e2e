package anchor_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/anchor"
)

func TestTestAuthoritiesNeverCountInProduction(t *testing.T) {
	t.Parallel()
	partner := stranger(t)
	list := func(c ...*x509.Certificate) []*x509.Certificate { return c }
	in := func(unit string) *x509.Certificate { return authority(t, "Den Danske Stat OCES rod-CA", unit) }
	below := made(t, in("Test - cti"), func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "Den Danske Stat OCES udstedende-CA 2"} })
	second := made(t, nil, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "Den Danske Stat OCES rod-CA", OrganizationalUnit: []string{"Drift", "Test - cti"}}
	})
	crossed := made(t, partner, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "Den Danske Stat OCES rod-CA", OrganizationalUnit: []string{"Test - cti"}}
	})
	cases := []struct {
		name     string
		profiles []trust.Profile
		want     error
	}{
		{"the ready-made ones together", []trust.Profile{anchor.OCES3(), anchor.Public(list(partner)), anchor.Own("partner", list(partner), nil)}, nil},
		{"none at all", nil, nil},
		{"an authority whose unit is another", []trust.Profile{anchor.Own("partner", list(in("Test - ctib"), in("Test")), nil)}, nil},
		{"a test root of an administrator", []trust.Profile{anchor.OCES3(), anchor.Own("partner", list(in("Test - cti")), nil)}, anchor.ErrTestAuthority},
		{"a test root among providers abroad", []trust.Profile{anchor.Public(list(partner, in("Test - cti")))}, anchor.ErrTestAuthority},
		{"a test authority among intermediates", []trust.Profile{anchor.Own("partner", list(partner), list(in("Test - cti")))}, anchor.ErrTestAuthority},
		{"one below a test authority, with another name", []trust.Profile{anchor.Own("partner", list(partner), list(below))}, anchor.ErrTestAuthority},
		{"a test authority that somebody else has certified", []trust.Profile{anchor.Own("partner", list(partner), list(crossed))}, anchor.ErrTestAuthority},
		{"the unit in other case and with other spaces", []trust.Profile{anchor.Own("partner", list(in(" TEST  -\tCTI ")), nil)}, anchor.ErrTestAuthority},
		{"the unit as the second of two", []trust.Profile{anchor.Own("partner", list(second), nil)}, anchor.ErrTestAuthority},
		{"the profile of the test environment", []trust.Profile{{Name: "oces3-test"}}, anchor.ErrName},
		{"two profiles of one name", []trust.Profile{anchor.Own("partner", list(partner), nil), anchor.Own("partner", list(partner), nil)}, anchor.ErrName},
		{"a profile without a name", []trust.Profile{anchor.Own("", list(partner), nil)}, anchor.ErrName},
		{"an authority of one's own under the name of the public ones", []trust.Profile{anchor.Own("public", list(partner), nil)}, anchor.ErrName},
		{"the state's root without its policies", []trust.Profile{anchor.Own("oces3", anchor.OCES3().Roots, nil)}, anchor.ErrName},
		{"another root under the state's name", []trust.Profile{anchor.Own("oces3", list(partner), nil)}, anchor.ErrRoot},
		{"another root beside the state's", []trust.Profile{anchor.Own("oces3", append(anchor.OCES3().Roots, partner), nil)}, anchor.ErrRoot},
		{"the state's root for every policy", []trust.Profile{anchor.Own("partner", anchor.OCES3().Roots, nil)}, anchor.ErrRoot},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		if err := anchor.Production(c.profiles...); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestAllThatIsWrongIsSaidAtOnceAndByName(t *testing.T) {
	t.Parallel()
	root, issuing := authority(t, "Den Danske Stat OCES rod-CA", "Test - cti"), authority(t, "Den Danske Stat\nOCES", "Test - cti")
	err := anchor.Production(anchor.Own("partner", []*x509.Certificate{root}, []*x509.Certificate{issuing}))
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	for _, line := range lines {
		if !strings.Contains(line, "Den Danske Stat") || !strings.Contains(line, "OU=Test - cti") || !strings.Contains(line, `"partner"`) {
			t.Errorf("it does not name the authority: %s", line)
		}
	}
}

func TestProvidersAbroadMustSayThatTheCertificateIsForMail(t *testing.T) {
	t.Parallel()
	root := stranger(t)
	roots := []*x509.Certificate{root}
	silent := leaf(t, root, func(*x509.Certificate) {})
	mail := leaf(t, root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		profile     trust.Profile
		want        trust.Code
	}{
		"public, for mail":        {mail, anchor.Public(roots), trust.OK},
		"public, for anything":    {silent, anchor.Public(roots), trust.WrongUsage},
		"our own, for mail":       {mail, anchor.Own("partner", roots, nil), trust.OK},
		"our own, for anything":   {silent, anchor.Own("partner", roots, nil), trust.OK},
		"another's root":          {mail, anchor.Own("partner", []*x509.Certificate{authority(t, "Partner", "")}, nil), trust.UnknownIssuer},
		"the state's certificate": {mail, anchor.OCES3(), trust.UnknownIssuer},
	} {
		if got := judged(c.certificate, c.profile); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
