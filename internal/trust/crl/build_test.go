package crl_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"sync"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/ca"
)

// What Go's crypto/x509 has no field for: points with reasons and signers, delta lists, and entries of other authorities.

// at is one distribution point.
type at struct {
	addresses []string
	reasons   []byte // content of the BIT STRING
	signer    *x509.Certificate
}

func (a at) encoded() asn1.RawValue {
	var fields []asn1.RawValue
	if len(a.addresses) > 0 {
		var uris []asn1.RawValue
		for _, address := range a.addresses {
			uris = append(uris, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(address)})
		}
		fields = append(fields, inside(0, inside(0, uris...)))
	}
	if a.reasons != nil {
		fields = append(fields, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: a.reasons})
	}
	if a.signer != nil {
		fields = append(fields, inside(2, inside(4, asn1.RawValue{FullBytes: a.signer.RawSubject})))
	}
	return asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: joined(fields)}
}

func inside(tag int, parts ...asn1.RawValue) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: joined(parts)}
}

func joined(parts []asn1.RawValue) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, must(asn1.Marshal(part))...)
	}
	return all
}

func pointsAt(points ...at) pkix.Extension { return placesIn(31, points...) }

func freshestAt(addresses ...string) pkix.Extension { return placesIn(46, at{addresses: addresses}) }

func placesIn(arc int, points ...at) pkix.Extension {
	var all []asn1.RawValue
	for _, one := range points {
		all = append(all, one.encoded())
	}
	return pkix.Extension{
		Id: asn1.ObjectIdentifier{2, 5, 29, arc}, Value: must(asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: joined(all)})),
	}
}

// issued makes a certificate with these extensions, and no others of a revocation list's.
func issued(t testing.TB, authority *ca.Authority, extensions ...pkix.Extension) *x509.Certificate {
	t.Helper()
	return identity(t, authority, func(c *x509.Certificate) {
		c.CRLDistributionPoints, c.ExtraExtensions = nil, append(c.ExtraExtensions, extensions...)
	}).Certificate
}

func identity(t testing.TB, authority *ca.Authority, shape func(*x509.Certificate)) *ca.Identity {
	t.Helper()
	made, err := authority.Issue(ca.Request{CommonName: "Bo", Key: ca.P256, Shape: shape})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// signing is an authority that signs lists for others and nothing else.
var signing = sync.OnceValue(func() *ca.Identity { return signerOf(foreign(), nil) })

func signerOf(authority *ca.Authority, shape func(*x509.Certificate)) *ca.Identity {
	return must(authority.Issue(ca.Request{CommonName: "Lists", Key: ca.P256, Shape: func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "Signer of Lists"}
		c.KeyUsage, c.ExtKeyUsage, c.CRLDistributionPoints = x509.KeyUsageCRLSign, nil, nil
		c.SubjectKeyId = []byte{1, 2, 3}
		if shape != nil {
			shape(c)
		}
	}}))
}

// signedBy makes a list of anybody's.
func signedBy(t testing.TB, signer *ca.Identity, shape func(*x509.RevocationList), entries ...x509.RevocationListEntry) []byte {
	t.Helper()
	template := &x509.RevocationList{
		Number: big.NewInt(7), ThisUpdate: start.AddDate(0, 0, -1), NextUpdate: start.AddDate(0, 0, 1), RevokedCertificateEntries: entries,
	}
	if shape != nil {
		shape(template)
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, signer.Certificate, signer.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// row is an entry; owner, where there is one, is whose it and the next are.
func row(certificate *x509.Certificate, reason int, owner ...asn1.RawValue) x509.RevocationListEntry {
	entry := x509.RevocationListEntry{SerialNumber: certificate.SerialNumber, RevocationTime: start.AddDate(0, 0, -2), ReasonCode: reason}
	if len(owner) > 0 {
		entry.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true,
			Value: must(asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: joined(owner)}))}}
	}
	return entry
}

func of(authority *x509.Certificate) asn1.RawValue {
	return inside(4, asn1.RawValue{FullBytes: authority.RawSubject})
}

// delta is the sign of a delta list upon base.
func delta(base int64) pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: must(asn1.Marshal(big.NewInt(base)))}
}

// numbered and the following shape a list.
func numbered(number int64) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.Number = big.NewInt(number) }
}

func ended(l *x509.RevocationList) {
	l.ThisUpdate, l.NextUpdate = start.AddDate(0, 0, -3), start.AddDate(0, 0, -2)
}

func all(shapes ...func(*x509.RevocationList)) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		for _, shape := range shapes {
			shape(l)
		}
	}
}
