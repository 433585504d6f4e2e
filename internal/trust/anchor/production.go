package anchor

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aau.dk/sendsikker/internal/trust"
)

// SHA-256 of the test environment's certificates, as trust.Fingerprint writes it.
const (
	testRootFingerprint    = "d1bcec41d7acae932b7dfe66a8b7341ca75952c8664fccef4c4ae2150f95c5ec"
	testIssuingFingerprint = "57c785236ad7c9c986b94d49abdafd1b955c5509338fa43a7ce0d66088c8af9b"
)

// testUnit is the organisational unit that the state has put into every name of its test environment, and into none outside.
const testUnit = "Test - cti"

// What Production refuses.
var (
	ErrTestAuthority = errors.New("an authority of the OCES3 test environment may not stand in production")
	ErrName          = errors.New("the profiles of a judge need names of their own")
	ErrRoot          = errors.New("the OCES3 production root comes with the program, in a profile of its own")
)

// Production is nil when the profiles may judge real mail together. Every fault is reported at once, by profile and by the
// subject of the certificate, because an administrator has the files under names of their own.
//
// Fingerprints find the published test authorities; the unit finds those that will be published next. Both are looked for
// among intermediates as well: these are trusted for nothing, but one that is a test authority says that somebody has mixed
// up the two environments, and the next file will be the root.
func Production(profiles ...trust.Profile) error {
	var faults []error
	seen := map[string]bool{}
	for _, profile := range profiles {
		// Sources are restricted to profiles by name: under a name that is taken, an authority would get what another was given.
		if profile.Name == "" || profile.Name == NameOCES3Test || seen[profile.Name] || laxer(profile) {
			faults = append(faults, fmt.Errorf("%w: %q", ErrName, profile.Name))
		}
		seen[profile.Name] = true
		for _, root := range profile.Roots {
			// Another root under this name would be believed as the state; the state's root elsewhere, for policies that are not mail's.
			if root.Equal(embedded(oces3Root)) != (profile.Name == NameOCES3) {
				faults = append(faults, fmt.Errorf("%w: %q in profile %q", ErrRoot, root.Subject, profile.Name))
			}
		}
		for _, authority := range slices.Concat(profile.Roots, profile.Intermediates) {
			if isTest(authority) {
				faults = append(faults, fmt.Errorf("%w: %q in profile %q", ErrTestAuthority, authority.Subject, profile.Name))
			}
		}
	}
	return errors.Join(faults...)
}

// laxer is whether a ready-made profile's name is on one that demands less: an administrator may call an authority anything.
func laxer(profile trust.Profile) bool {
	return profile.Name == NameOCES3 && len(profile.Policies) == 0 || profile.Name == NamePublic && !profile.MailOnly
}

func isTest(authority *x509.Certificate) bool {
	switch trust.Fingerprint(authority) {
	case testRootFingerprint, testIssuingFingerprint:
		return true
	}
	return inTestUnit(authority.Subject) || inTestUnit(authority.Issuer)
}

// inTestUnit compares as RFC 5280 section 7.1 compares names: without case, and with every run of spaces as one.
func inTestUnit(name pkix.Name) bool {
	return slices.ContainsFunc(name.OrganizationalUnit, func(unit string) bool {
		return strings.EqualFold(strings.Join(strings.Fields(unit), " "), testUnit)
	})
}
