package crl

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

var (
	errUnsigned = errors.New("the list does not bear the authority's signature")
	errNoSigner = errors.New("the authority may not sign lists")
)

// signatures are the algorithms that a key may have signed with; SHA-1 is not among them.
var signatures = map[x509.PublicKeyAlgorithm][]x509.SignatureAlgorithm{
	x509.RSA: {
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.SHA384WithRSA, x509.SHA384WithRSAPSS,
	},
	x509.ECDSA:   {x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512},
	x509.Ed25519: {x509.PureEd25519},
}

// checkSigned looks at nothing but the two outer parts. Which algorithm the list names does not matter here: that one
// of the signer's fits is proof enough to read on, and checkNamed then checks the one named.
func checkSigned(der []byte, signer *x509.Certificate) error {
	var outer struct {
		List      asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return fmt.Errorf("parsing the list: %w", err)
	}
	for _, algorithm := range signatures[signer.PublicKeyAlgorithm] {
		if signer.CheckSignature(algorithm, outer.List.FullBytes, outer.Signature.RightAlign()) == nil {
			return nil
		}
	}
	return errUnsigned
}

// checkNamed is RevocationList.CheckSignatureFrom without its demand that the signer be an authority: one that signs lists
// for others needs only cRLSign (RFC 5280 sections 4.2.1.3 and 6.3.3 (f)).
func checkNamed(list *x509.RevocationList, signer *x509.Certificate) error {
	if !maySignLists(signer) {
		return errNoSigner
	}
	if !slices.Contains(signatures[signer.PublicKeyAlgorithm], list.SignatureAlgorithm) {
		return errUnsigned
	}
	if err := signer.CheckSignature(list.SignatureAlgorithm, list.RawTBSRevocationList, list.Signature); err != nil {
		return fmt.Errorf("verifying the list: %w", err)
	}
	return nil
}

// maySignLists lets an authority without any key usage through, as old roots are; whoever is no authority must be told to be
// a signer of lists.
func maySignLists(signer *x509.Certificate) bool {
	if signer.KeyUsage == 0 {
		return signer.BasicConstraintsValid && signer.IsCA || signer.Version < 3
	}
	return signer.KeyUsage&x509.KeyUsageCRLSign != 0
}
