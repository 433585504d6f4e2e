package aia_test

import (
	"crypto/x509"
	"slices"
	"strconv"
	"testing"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/trust"
)

func TestACertificateWhoseIssuerIsMissingIsAcceptedWhereItSaysWhereThatLies(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil)
	issuing := newAuthority(t, "Issuing", root)
	leaf := issuing.leaf(t, web.at("/issuing.cer", issuing.certificate.Raw))

	got := judge(newSource(&clock{}), answers{}, leaf, root.certificate)
	want := []string{trust.Fingerprint(leaf), trust.Fingerprint(issuing.certificate), trust.Fingerprint(root.certificate)}
	if got.Code != trust.OK || !slices.Equal(got.Evidence.Path, want) || len(got.Evidence.Revocations) != 2 {
		t.Errorf("with it: %s, %+v", got.Code, got.Evidence)
	}
	if got := judge(nil, answers{}, leaf, root.certificate); got.Code != trust.UnknownIssuer {
		t.Errorf("without it: %s", got.Code)
	}
	if got := judge(newSource(&clock{}), answers{}, issuing.leaf(t), root.certificate); got.Code != trust.UnknownIssuer {
		t.Errorf("where it says nothing: %s", got.Code)
	}
	if got := judge(newSource(&clock{}), answers{revoked: issuing.certificate}, leaf, root.certificate); got.Code != trust.Revoked {
		t.Errorf("revoked: %s", got.Code)
	}
}

// tower is a leaf below so many authorities below a root; each says where the one above lies, and only the root is known.
func tower(t *testing.T, web *server, name string, levels int) (leaf, root *x509.Certificate) {
	t.Helper()
	top := newAuthority(t, name+" root", nil)
	below := top
	var address []string
	for level := range levels {
		below = newAuthority(t, name+" "+strconv.Itoa(level), below, address...)
		address = []string{web.at("/"+name+"/"+strconv.Itoa(level), below.certificate.Raw)}
	}
	return below.leaf(t, address...), top.certificate
}

func TestIssuersAreFetchedThreeLevelsUpAndNoFurther(t *testing.T) {
	t.Parallel()
	cases := map[int]struct {
		want trust.Code
		hits int64
	}{
		1: {trust.OK, 1},
		2: {trust.OK, 2},
		3: {trust.OK, 3},
		4: {trust.UnknownIssuer, 3},
		9: {trust.UnknownIssuer, 3},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for levels, c := range cases {
		web := newServer(t)
		leaf, root := tower(t, web, "tower", levels)
		if got := judge(newSource(&clock{}), answers{}, leaf, root); got.Code != c.want || web.hits.Load() != c.hits {
			t.Errorf("%d levels: %s, asked %d times; want %s and %d", levels, got.Code, web.hits.Load(), c.want, c.hits)
		}
	}
}

func TestAuthoritiesThatNameEachOtherLeadNowhereAndEnd(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	known := newAuthority(t, "Root", nil)
	one, two := newAuthority(t, "One", nil), newAuthority(t, "Two", nil)
	atOne, atTwo := web.URL+"/one", web.URL+"/two"
	web.at("/one", certified(t, "One", one, two, atTwo).Raw)
	web.at("/two", certified(t, "Two", two, one, atOne).Raw)
	if got := judge(newSource(&clock{}), answers{}, one.leaf(t, atOne), known.certificate); got.Code != trust.UnknownIssuer || web.hits.Load() != 2 {
		t.Errorf("%s, asked %d times", got.Code, web.hits.Load())
	}
}

func TestForgedIssuersDoNotHelp(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	root := newAuthority(t, "Root", nil)
	issuing := newAuthority(t, "Issuing", root)
	stranger := newAuthority(t, "Root", nil) // the root's name, and another key
	forged := newAuthority(t, "Issuing", stranger)
	aboveForged := web.at("/stranger", stranger.certificate.Raw)
	named := newAuthority(t, "Named", stranger, aboveForged)
	person := issuing.leaf(t)
	byPerson := &authority{certificate: person, key: issuing.key}

	cases := map[string]*x509.Certificate{
		"an issuer with the right name and the stranger's key": forged.leaf(t, web.at("/forged", forged.certificate.Raw)),
		"the real issuer, that has not signed":                 forged.leaf(t, web.at("/real", issuing.certificate.Raw)),
		"the real root beside the forged issuer":               forged.leaf(t, web.at("/both", must(bundle.P7B([]*x509.Certificate{root.certificate, forged.certificate})))),
		"the stranger's root, brought along":                   named.leaf(t, web.at("/named", named.certificate.Raw)),
		"a person as the issuer":                               byPerson.leaf(t, web.at("/person", person.Raw)),
		"a root that signed itself":                            stranger.leaf(t, aboveForged),
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for name, leaf := range cases {
		if got := judge(newSource(&clock{}), answers{}, leaf, root.certificate); got.Good {
			t.Errorf("%s is believed", name)
		}
	}
	if got := judge(newSource(&clock{}), answers{}, issuing.leaf(t, web.URL+"/real"), root.certificate); !got.Good {
		t.Errorf("the real one is not believed, so the others prove nothing: %s", got.Code)
	}
}
