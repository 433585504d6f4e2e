package anchor_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/anchor"
)

// As published at https://www.ca1.gov.dk/certifikater/, and as openssl prints those of the test environment.
const (
	publishedRoot    = "06FCB2CBA39D4486E5308AD86980BCD7ACD3B73B3BB126C75F6C4B4DA04C9C09"
	publishedIssuing = "5B5662AA0112B984033A33AFD3A95A49A79C7AEE9C249428DD82BFD4C02D67B8"

	publishedTestRoot    = "D1:BC:EC:41:D7:AC:AE:93:2B:7D:FE:66:A8:B7:34:1C:A7:59:52:C8:66:4F:CC:EF:4C:4A:E2:15:0F:95:C5:EC"
	publishedTestIssuing = "57:C7:85:23:6A:D7:C9:C9:86:B9:4D:49:AB:DA:FD:1B:95:5C:55:09:33:8F:A4:3A:7C:E0:D6:60:88:C8:AF:9B"
)

func TestTheProgramCarriesTheStatesPublishedCertificates(t *testing.T) {
	t.Parallel()
	profile := anchor.OCES3()
	if len(profile.Roots) != 1 || len(profile.Intermediates) != 1 {
		t.Fatalf("%d roots, %d issuing authorities", len(profile.Roots), len(profile.Intermediates))
	}
	root, issuing := profile.Roots[0], profile.Intermediates[0]
	if got := trust.Fingerprint(root); got != strings.ToLower(publishedRoot) {
		t.Errorf("the root is %s", got)
	}
	if got := trust.Fingerprint(issuing); got != strings.ToLower(publishedIssuing) {
		t.Errorf("the issuing authority is %s", got)
	}
	if err := root.CheckSignatureFrom(root); err != nil {
		t.Errorf("the root has not signed itself: %v", err)
	}
	if err := issuing.CheckSignatureFrom(root); err != nil {
		t.Errorf("the root has not signed the issuing authority: %v", err)
	}
	if profile.Name != "oces3" || profile.WhenUnknown != trust.Stop || profile.WhenUnpublished != trust.Stop || profile.Grace != 0 {
		t.Errorf("it does not begin strict: %+v", profile)
	}
	if err := anchor.Production(profile); err != nil {
		t.Errorf("it may not be used: %v", err)
	}
}

func TestTheTestEnvironmentIsKnownByItsPublishedFingerprints(t *testing.T) {
	t.Parallel()
	for published, known := range map[string]string{publishedTestRoot: anchor.TestRoot, publishedTestIssuing: anchor.TestIssuing} {
		if strings.ToLower(strings.ReplaceAll(published, ":", "")) != known {
			t.Errorf("%s is known as %s", published, known)
		}
	}
}

func TestNobodyElsesFilesLieAmongThem(t *testing.T) {
	t.Parallel()
	files := must(filepath.Glob("oces3/*"))
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		rest := must(os.ReadFile(file))
		for count := 0; ; count++ {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				if want := strings.Count(filepath.Ext(file), ".pem"); count != want {
					t.Errorf("%s holds %d blocks, want %d", file, count, want)
				}
				break
			}
			if certificate := must(x509.ParseCertificate(block.Bytes)); !certificate.IsCA {
				t.Errorf("%s holds a certificate of no authority", file)
			}
		}
	}
}

func TestAProfileCanBeChangedWithoutChangingTheNext(t *testing.T) {
	t.Parallel()
	first := anchor.OCES3()
	first.Roots[0], first.Policies[0] = stranger(t), x509.OID{}
	next := anchor.OCES3()
	if trust.Fingerprint(next.Roots[0]) != strings.ToLower(publishedRoot) || next.Policies[0].String() != "1.2.208.169.1.1.1.3.7" {
		t.Error("the next one is changed too")
	}
}

// The profile with another root in the place of the state's: nobody here can sign as the state.
func TestOnlyThePoliciesOfOrganisationSystemAndEmployeeAreTaken(t *testing.T) {
	t.Parallel()
	root := authority(t, "Den Danske Stat OCES rod-CA", "")
	profile := anchor.OCES3()
	profile.Roots, profile.Intermediates = []*x509.Certificate{root}, nil
	cases := map[string]trust.Code{
		"1.2.208.169.1.1.1.3.7":   trust.OK,          // organisation, 2023
		"1.2.208.169.1.1.1.3.7.1": trust.OK,          // organisation and system, 2026
		"1.2.208.169.1.1.1.2.7":   trust.OK,          // employee
		"1.2.208.169.1.1.1.2.7.1": trust.OK,          //
		"1.2.208.169.1.1.1.3.71":  trust.WrongPolicy, // begins with the same characters
		"1.2.208.169.1.1.1.3":     trust.WrongPolicy, // stands above
		"1.2.208.169.1.1.1.3.6":   trust.WrongPolicy, // an edition of an authority that has closed
		"1.2.208.169.1.1.1.1.7":   trust.WrongPolicy, // citizens'
		"1.2.208.169.1.1.1.4.7":   trust.WrongPolicy, // functions'
		"0.4.0.2042.1.1":          trust.WrongPolicy, // ETSI's, that all of the state's have beside their own
		"2.5.29.32.0":             trust.WrongPolicy, // any policy: RFC 5280 section 4.2.1.4 has it in authorities
		"":                        trust.WrongPolicy,
	}
	for policy, want := range cases {
		certificate := leaf(t, root, func(c *x509.Certificate) {
			if policy != "" {
				c.Policies = []x509.OID{must(x509.ParseOID(policy))}
			}
		})
		if got := judged(certificate, profile); got != want {
			t.Errorf("policy %q: %s, want %s", policy, got, want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestTheTestEnvironmentHasItsPublishedRootAndNoOther(t *testing.T) {
	t.Parallel()
	production := anchor.OCES3().Roots[0]
	namesake := authority(t, "Den Danske Stat OCES rod-CA", "Test - cti")
	cases := map[string][]*x509.Certificate{
		"a root with the same names":             {namesake},
		"the production root":                    {production},
		"the production root beside a namesake":  {production, namesake},
		"somebody else's root":                   {stranger(t)},
		"the production issuing authority alone": anchor.OCES3().Intermediates,
	}
	for name, roots := range cases {
		profile, err := anchor.OCES3Test(roots, nil)
		if !errors.Is(err, anchor.ErrNotTestRoot) || len(profile.Roots) != 0 {
			t.Errorf("%s: error %v, %d roots", name, err, len(profile.Roots))
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if _, err := anchor.OCES3Test(nil, nil); err == nil {
		t.Error("no root at all was taken")
	}
}

// The test environment's root is not ours to ship. SENDSIKKER_TESTDATA names a folder that may have it, as
// oces3/oces-test-root-ca.pem.
func TestThePublishedTestRootIsTakenAndNeverCountsInProduction(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(os.Getenv("SENDSIKKER_TESTDATA"), "oces3", "oces-test-root-ca.pem"))
	if err != nil {
		t.Skip("the test root is not ours to ship: set SENDSIKKER_TESTDATA to a folder that has it")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("the file holds no certificate")
	}
	root := must(x509.ParseCertificate(block.Bytes))
	profile, err := anchor.OCES3Test([]*x509.Certificate{root}, nil)
	if err != nil || len(profile.Roots) != 1 || len(profile.Policies) == 0 || profile.Name != "oces3-test" {
		t.Fatalf("error %v, profile %+v", err, profile)
	}
	profile.Name = "partner"
	if err := anchor.Production(anchor.OCES3(), profile); !errors.Is(err, anchor.ErrTestAuthority) {
		t.Errorf("it counts in production: %v", err)
	}
}
