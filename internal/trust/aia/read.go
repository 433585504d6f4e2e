package aia

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"net/url"
	"slices"

	"aau.dk/sendsikker/internal/bundle"
)

const (
	// maxAddresses of one certificate are asked: authorities name one, and sometimes a mirror.
	maxAddresses = 3
	// maxAddressBytes is the longest address that is asked. Those of authorities have some sixty; a long one carries something.
	maxAddressBytes = 1024
	// maxBytes of an answer are read: a certificate has two kilobytes, a bundle a handful of them.
	maxBytes = 64 << 10
	// maxIssuers of an answer are held. A bundle lists the certificates of one authority (RFC 5280 section 4.2.2.1): its own,
	// a few that others have given it, and those before the last renewal.
	maxIssuers = 8
	// maxRSABits of an authority's key: the longest in use are 4096, and crypto/tls takes no longer than this. A key as long as
	// an answer may be takes seconds to check one signature with.
	maxRSABits = 8192
)

// addresses are those that can be asked: no directories (ldap:), and each once.
func addresses(certificate *x509.Certificate) []string {
	var kept []string
	for _, address := range certificate.IssuingCertificateURL {
		if len(address) > maxAddressBytes || slices.Contains(kept, address) {
			continue
		}
		parsed, err := url.Parse(address)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" {
			continue
		}
		if kept = append(kept, address); len(kept) == maxAddresses {
			break
		}
	}
	return kept
}

// authorities are the certificates of an answer that may sign others. Servers say little of what they send, so its type is read
// off the answer: RFC 5280 section 4.2.2.1 has DER or certs-only PKCS #7, and some send PEM.
func authorities(answer []byte) []*x509.Certificate {
	found, err := bundle.Read(answer)
	if err != nil {
		return nil
	}
	var kept []*x509.Certificate
	for _, certificate := range found {
		key, isRSA := certificate.PublicKey.(*rsa.PublicKey)
		if !certificate.BasicConstraintsValid || !certificate.IsCA || isRSA && key.N.BitLen() > maxRSABits {
			continue
		}
		if kept = append(kept, certificate); len(kept) == maxIssuers {
			break
		}
	}
	return kept
}

// signers are those of issuers that have signed certificate. It spares package trust a stranger's false trails, and tells
// whether an answer was of use. It does not say that they were allowed to.
func signers(certificate *x509.Certificate, issuers []*x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	for _, issuer := range issuers {
		if bytes.Equal(issuer.RawSubject, certificate.RawIssuer) && certificate.CheckSignatureFrom(issuer) == nil {
			found = append(found, issuer)
		}
	}
	return found
}
