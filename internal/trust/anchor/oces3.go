package anchor

import (
	"crypto/x509"
	_ "embed" // the two certificates below
	"encoding/pem"
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/trust"
)

// The names of the ready-made profiles. A source that is restricted (trust.Subject.Profiles) is restricted to these.
const (
	NameOCES3     = "oces3"
	NameOCES3Test = "oces3-test"
	NamePublic    = "public"
)

//go:embed oces3/root.pem
var oces3Root []byte

//go:embed oces3/issuing.pem
var oces3Issuing []byte

// ErrNotTestRoot: a root for the test profile is not the one that the state publishes.
var ErrNotTestRoot = errors.New("this is not the published root of the OCES3 test environment")

// errNoTestRoot: a profile without roots would call every test certificate unknown, and nobody would see why.
var errNoTestRoot = errors.New("the OCES3 test environment needs its root")

// OCES3 is the Danish state's authority for organisations, systems and employees, production. Its certificates have neither
// extended key usage nor, mostly, an address: the policy is all that says what they are for.
func OCES3() trust.Profile {
	return trust.Profile{
		Name:          NameOCES3,
		Roots:         []*x509.Certificate{embedded(oces3Root)},
		Intermediates: []*x509.Certificate{embedded(oces3Issuing)},
		Policies:      oces3Policies(),
	}
}

// OCES3Test is the same authority's test environment. Its certificates are no part of the program: roots and issuers come
// from the administrator's files. A root must be the published one, by fingerprint; the issuers are trusted for nothing, since
// every path through them must end at that root.
func OCES3Test(roots, issuers []*x509.Certificate) (trust.Profile, error) {
	if len(roots) == 0 {
		return trust.Profile{}, errNoTestRoot
	}
	for _, root := range roots {
		if trust.Fingerprint(root) != testRootFingerprint {
			return trust.Profile{}, fmt.Errorf("%w: %q", ErrNotTestRoot, root.Subject)
		}
	}
	return trust.Profile{Name: NameOCES3Test, Roots: roots, Intermediates: issuers, Policies: oces3Policies()}, nil
}

// oces3Policies are the arcs of the certificate policies that the state publishes for what may receive mail. Below
// 1.2.208.169.1.1.1, 3 is organisations (systems among them) and 2 is employees; 7 is the edition that came with OCES3, and
// certificates name it or 7.1. Editions before it are those of authorities that closed in 2023.
func oces3Policies() []x509.OID {
	return []x509.OID{oid(1, 2, 208, 169, 1, 1, 1, 3, 7), oid(1, 2, 208, 169, 1, 1, 1, 2, 7)}
}

// embedded is for the two files above only: a test holds them against the published fingerprints.
func embedded(text []byte) *x509.Certificate {
	block, _ := pem.Decode(text)
	if block == nil {
		panic("an embedded certificate is no PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	return certificate
}

// oid is for the constants above only: x509.OIDFromInts fails for arcs that no OID has.
func oid(arcs ...uint64) x509.OID {
	id, err := x509.OIDFromInts(arcs)
	if err != nil {
		panic(err)
	}
	return id
}
