package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func TestASignatureIsWorthWhatItIs(t *testing.T) {
	t.Parallel()
	sha256Row, _ := digestByHash(crypto.SHA256)
	sha384Row, _ := digestByHash(crypto.SHA384)
	sha512Row, _ := digestByHash(crypto.SHA512)
	sha1Row, _ := digestByHash(crypto.SHA1)
	pss := func(d digestRow, salt int) *algorithm {
		der := must(pssParameters(d))
		der[len(der)-1] = byte(salt) // the last octet of the last field
		return &algorithm{oidPSS, der}
	}
	// mixed has SHA-384 for the digest (first) or for MGF1 (last), and says SHA-256 elsewhere.
	mixed := func(at func(s, sep []byte) int) *algorithm {
		der := must(pssParameters(sha256Row))
		copy(der[at(der, oidDER(sha256Row.oid)):], oidDER(sha384Row.oid))
		return &algorithm{oidPSS, der}
	}
	salt32 := &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}
	pure := crypto.Hash(0)
	for name, c := range map[string]struct {
		f    forge
		want error
	}{
		"RSA":                              {forge{pair: rsaPair()}, nil},
		"RSA, named with its digest":       {forge{pair: rsaPair(), scheme: &algorithm{sha256Row.rsa, derNull}}, nil},
		"RSA SHA-512":                      {forge{pair: rsaPair(), digest: crypto.SHA512}, nil},
		"RSA-PSS":                          {forge{pair: rsaPair(), scheme: pss(sha256Row, 32), opts: salt32}, nil},
		"RSA-PSS, a salt of 20":            {forge{pair: rsaPair(), scheme: pss(sha256Row, 20), opts: &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}}, nil},
		"RSA-PSS, another salt than said":  {forge{pair: rsaPair(), scheme: pss(sha256Row, 20), opts: salt32}, ErrSignature},
		"RSA-PSS, salt said to be none":    {forge{pair: rsaPair(), scheme: pss(sha256Row, 0), opts: salt32}, ErrSignature},
		"RSA-PSS with another digest":      {forge{pair: rsaPair(), scheme: pss(sha384Row, 32), opts: salt32}, ErrSignature},
		"RSA-PSS, digest of another size":  {forge{pair: rsaPair(), scheme: mixed(bytes.Index), opts: salt32}, ErrSignature},
		"RSA-PSS, MGF1 with another":       {forge{pair: rsaPair(), scheme: mixed(bytes.LastIndex), opts: salt32}, ErrSignature},
		"RSA-PSS without parameters":       {forge{pair: rsaPair(), scheme: &algorithm{oid: oidPSS}, opts: &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}}, ErrSignature},
		"RSA-PSS said, PKCS #1 v1.5 made":  {forge{pair: rsaPair(), scheme: pss(sha256Row, 32)}, ErrSignature},
		"ECDSA":                            {forge{pair: ecPair()}, nil},
		"ECDSA P-521 with SHA-256":         {forge{pair: ec521Pair()}, nil},
		"Ed25519":                          {forge{pair: ed25519Pair(), digest: crypto.SHA512, scheme: &algorithm{oid: oidEd25519}, opts: pure}, nil},
		"Ed25519 with SHA-256":             {forge{pair: ed25519Pair(), scheme: &algorithm{oid: oidEd25519}, opts: pure}, ErrUnsupported},
		"Ed25519 with parameters":          {forge{pair: ed25519Pair(), digest: crypto.SHA512, scheme: &algorithm{oidEd25519, derNull}, opts: pure}, ErrSignature},
		"Ed25519 over a digest":            {forge{pair: ed25519Pair(), digest: crypto.SHA512, scheme: &algorithm{oid: oidEd25519}, opts: pure, signs: digested}, ErrSignature},
		"Ed25519 said, RSA key":            {forge{pair: rsaPair(), digest: crypto.SHA512, scheme: &algorithm{oid: oidEd25519}}, ErrSignature},
		"ECDSA said, Ed25519 key":          {forge{pair: ed25519Pair(), digest: crypto.SHA512, scheme: &algorithm{oid: sha512Row.ecdsa}, opts: pure}, ErrSignature},
		"ECDSA said, RSA key":              {forge{pair: rsaPair(), scheme: &algorithm{oid: sha256Row.ecdsa}}, ErrSignature},
		"SHA-1 is weak, not good":          {forge{pair: rsaPair(), digest: crypto.SHA1}, ErrWeak},
		"ECDSA over SHA-1":                 {forge{pair: ecPair(), digest: crypto.SHA1}, ErrWeak},
		"MD5":                              {forge{pair: rsaPair(), named: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}}, ErrUnsupported},
		"DSA":                              {forge{pair: rsaPair(), scheme: &algorithm{oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 2}}}, ErrUnsupported},
		"an algorithm with another digest": {forge{pair: rsaPair(), scheme: &algorithm{sha1Row.rsa, derNull}}, ErrUnsupported},
		"an algorithm that we do not know": {forge{pair: rsaPair(), scheme: &algorithm{oid: asn1.ObjectIdentifier{1, 2, 3}}}, ErrUnsupported},
		"a certificate for PSS alone":      {forge{pair: pssOnlyPair(), scheme: pss(sha256Row, 32), opts: salt32}, ErrUnsupported},
		"the certificate is missing":       {forge{pair: rsaPair(), certs: []*x509.Certificate{}}, ErrNoCertificate},
		"another's certificate instead":    {forge{pair: rsaPair(), certs: []*x509.Certificate{ecPair().cert}}, ErrNoCertificate},
		"named by key identifier":          {forge{pair: rsaPair(), ski: true}, nil},
		"two keys with that identifier":    {forge{pair: rsaPair(), ski: true, certs: []*x509.Certificate{sameIdentifier(rsaPair()).cert, rsaPair().cert}}, nil},
		"unsigned attributes": {forge{pair: rsaPair(), behind: func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(derNull) })
		}}, nil},
		"no signed attributes": {forge{pair: rsaPair(), bare: true}, ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := verify(bytes.NewReader(c.f.der()), bytes.NewReader(signedContent), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Signers) != 1 || !errors.Is(s.Signers[0].Err, c.want) {
				t.Fatalf("%+v, want %v", s.Signers, c.want)
			}
		})
	}
}

func TestSignedAttributesMustAllBeTrue(t *testing.T) {
	t.Parallel()
	set := func(o asn1.ObjectIdentifier, v []byte) func(map[string][]byte) {
		return func(m map[string][]byte) { m[o.String()] = v }
	}
	without := func(o asn1.ObjectIdentifier) func(map[string][]byte) {
		return func(m map[string][]byte) { delete(m, o.String()) }
	}
	twice := func(o asn1.ObjectIdentifier) func(map[string][]byte) {
		return func(m map[string][]byte) { m[o.String()+" again"] = m[o.String()] }
	}
	twoValues := func(o asn1.ObjectIdentifier) func(map[string][]byte) {
		return func(m map[string][]byte) { m[o.String()] = bytes.Repeat(m[o.String()], 2) }
	}
	v2 := func(c *x509.Certificate) []byte {
		var b cryptobyte.Builder
		addCertificateID(&b, c)
		return b.BytesOrPanic()
	}
	for name, c := range map[string]struct {
		f    forge
		want error
	}{
		"the message digest twice":             {forge{change: twice(oidMessageDigest)}, ErrSignature},
		"the content type twice":               {forge{change: twice(oidContentType)}, ErrSignature},
		"an attribute that nobody knows twice": {forge{change: func(m map[string][]byte) { m["1.2.3"], m["1.2.3 again"] = derNull, derNull }}, ErrSignature},
		"no message digest":                    {forge{change: without(oidMessageDigest)}, ErrSignature},
		"no content type":                      {forge{change: without(oidContentType)}, ErrSignature},
		"another content type":                 {forge{change: set(oidContentType, []byte{6, 1, 42})}, ErrSignature},
		"another message digest":               {forge{change: set(oidMessageDigest, octets(make([]byte, 32)))}, ErrSignature},
		"a message digest of nothing":          {forge{change: set(oidMessageDigest, octets(nil))}, ErrSignature},
		"two values of the message digest":     {forge{change: twoValues(oidMessageDigest)}, ErrSignature},
		"two values of the content type":       {forge{change: twoValues(oidContentType)}, ErrSignature},
		"no value of the message digest":       {forge{change: set(oidMessageDigest, nil)}, ErrSignature},
		"no attributes in the set":             {forge{change: func(m map[string][]byte) { clear(m) }}, ErrSignature},
		"64 attributes":                        {forge{change: many(62)}, nil},
		"65 attributes":                        {forge{change: many(63)}, ErrSignature},
		"a signature over other attributes":    {forge{signs: func(b []byte) []byte { b[len(b)-1] ^= 1; return b }}, ErrSignature},
		"a signature over the [0] form":        {forge{signs: func(b []byte) []byte { b[0] = 0xa0; return b }}, ErrSignature},
		"out of order, signed as written":      {forge{arrange: slices.Reverse[[][]byte]}, nil},
		"out of order, signed in DER's order":  {forge{arrange: slices.Reverse[[][]byte], signs: inOrder}, nil},
		"in order, signed out of order":        {forge{signs: outOfOrder}, ErrSignature},
		"bound to its certificate":             {forge{change: set(oidSigningCertificateV2, v2(rsaPair().cert))}, nil},
		"bound to another certificate":         {forge{change: set(oidSigningCertificateV2, v2(ecPair().cert))}, ErrSignature},
		"bound to two certificates":            {forge{change: set(oidSigningCertificateV2, append(v2(rsaPair().cert), v2(ecPair().cert)...))}, ErrSignature},
		"bound to a certificate as of old":     {forge{change: set(oidSigningCertificate, oldCertificateID(rsaPair().cert))}, nil},
		"bound to another as of old":           {forge{change: set(oidSigningCertificate, oldCertificateID(ecPair().cert))}, ErrSignature},
		"bound to one, and to another as of old": {forge{change: func(m map[string][]byte) {
			m[oidSigningCertificateV2.String()], m[oidSigningCertificate.String()] = v2(rsaPair().cert), oldCertificateID(ecPair().cert)
		}}, ErrSignature},
		"bound as of old, but by SHA-256": {forge{change: set(oidSigningCertificate, newCertificateID(rsaPair().cert))}, ErrSignature},
		"bound by a digest that is named": {forge{change: set(oidSigningCertificateV2, newCertificateID(rsaPair().cert))}, nil},
		"bound by what is no certificate": {forge{change: set(oidSigningCertificateV2, derNull)}, ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.f.pair = rsaPair()
			s := must(verify(bytes.NewReader(c.f.der()), bytes.NewReader(signedContent), io.Discard))
			if len(s.Signers) != 1 || !errors.Is(s.Signers[0].Err, c.want) {
				t.Fatalf("%+v, want %v", s.Signers, c.want)
			}
		})
	}
}

func digested(message []byte) []byte {
	h := crypto.SHA512.New()
	h.Write(message)
	return h.Sum(nil)
}

func inOrder(written []byte) []byte { return reordered(written, bytes.Compare) }

func outOfOrder(written []byte) []byte {
	return reordered(written, func(a, b []byte) int { return bytes.Compare(b, a) })
}

func reordered(written []byte, order func(a, b []byte) int) []byte {
	parts := members(written)
	slices.SortFunc(parts, order)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(parts, nil)) })
	return b.BytesOrPanic()
}

// members of a SET OF, whatever its identifier.
func members(set cryptobyte.String) (all [][]byte) {
	var inner cryptobyte.String
	if !set.ReadAnyASN1(&inner, new(cbasn1.Tag)) {
		panic("no set")
	}
	for !inner.Empty() {
		var m cryptobyte.String
		if !inner.ReadAnyASN1Element(&m, new(cbasn1.Tag)) {
			panic("no member")
		}
		all = append(all, m)
	}
	return all
}

func many(n int) func(map[string][]byte) {
	return func(m map[string][]byte) {
		for i := range n {
			m[fmt.Sprintf("1.2.3.%d", i)] = derNull
		}
	}
}

// oldCertificateID is SigningCertificate, RFC 2634 §5.4.
func oldCertificateID(c *x509.Certificate) []byte {
	h := crypto.SHA1.New()
	h.Write(c.Raw)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString(h.Sum(nil)) })
		})
	})
	return b.BytesOrPanic()
}

// newCertificateID names its digest, which is allowed in SigningCertificateV2 alone.
func newCertificateID(c *x509.Certificate) []byte {
	h := crypto.SHA256.New()
	h.Write(c.Raw)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				algorithm{oid: digestRows[0].oid}.add(b)
				b.AddASN1OctetString(h.Sum(nil))
			})
		})
	})
	return b.BytesOrPanic()
}

// pssOnlyPair has an RSA key whose certificate says id-RSASSA-PSS of it, which crypto/x509 does not read.
func pssOnlyPair() pair {
	der := slices.Clone(rsaPair().cert.Raw)
	at := bytes.Index(der, oidDER(oidRSA))
	copy(der[at:], oidDER(oidPSS))
	return pair{must(x509.ParseCertificate(der)), rsaPair().key}
}

// sameIdentifier has another key under the same key identifier.
func sameIdentifier(p pair) pair {
	other := selfSigned(ec384Pair().key, 1008)
	t := &x509.Certificate{SerialNumber: big.NewInt(1009), Subject: other.cert.Subject, NotAfter: other.cert.NotAfter, SubjectKeyId: p.cert.SubjectKeyId}
	return pair{must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, other.cert, other.key.Public(), other.key)))), other.key}
}

func TestContentInsideAndOutsideIsRefused(t *testing.T) {
	t.Parallel()
	opaque := forge{pair: ecPair(), inside: contentInside}.der()
	var content bytes.Buffer
	s, err := verify(bytes.NewReader(opaque), nil, &content)
	if err != nil || s.Signers[0].Err != nil || !bytes.Equal(content.Bytes(), signedContent) {
		t.Fatalf("opaque: %v", err)
	}
	if _, err := verify(bytes.NewReader(opaque), bytes.NewReader(signedContent), io.Discard); !errors.Is(err, ErrMalformed) {
		t.Errorf("inside and outside: %v", err)
	}
	if _, err := verify(bytes.NewReader(forge{pair: ecPair()}.der()), nil, io.Discard); !errors.Is(err, ErrMalformed) {
		t.Errorf("nowhere: %v", err)
	}
}

// The attributes of a signed message, shown as the content of another that has none, would fit the same signature.
func TestAttributesCannotBePassedOffAsContent(t *testing.T) {
	t.Parallel()
	f := forge{pair: rsaPair(), digest: crypto.SHA256, named: digestRows[0].oid, scheme: &algorithm{oidRSA, derNull}, certs: []*x509.Certificate{rsaPair().cert}}
	attributes := f.attributes()
	value := must(crypto.SignMessage(f.key, rand.Reader, attributes, crypto.SHA256))
	f.bare = true
	s := must(verify(bytes.NewReader(f.signedData(nil, value)), bytes.NewReader(attributes), io.Discard))
	if !errors.Is(s.Signers[0].Err, ErrSignature) {
		t.Errorf("%v", s.Signers[0].Err)
	}
}
