package cms

import (
	"crypto"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Content types, RFC 5652 §4, §5, §6.
var (
	OIDData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	OIDSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	OIDEnvelopedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}

	OIDAuthEnvelopedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 23} // RFC 5083 §2
	OIDCompressedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 9}  // RFC 3274 §1.1
)

// Attributes, RFC 5652 §11, RFC 8551 §2.5, RFC 5035 §5.
var (
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidCapabilities         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 15}
	oidEncrypKeyPref        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 11}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12} // RFC 2634 §5.4: SHA-1 only
)

// Public-key algorithms, RFC 3370, RFC 5754, RFC 5753 §7.1.
var (
	oidRSA         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidMGF1        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidPSS         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519     = asn1.ObjectIdentifier{1, 3, 101, 112} // RFC 8410 §3
)

// Key management and compression, RFC 4055 §1.2, RFC 8410 §3, RFC 9629 §3, RFC 9936 §3, RFC 3274 §2.
var (
	oidOAEP       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
	oidPSpecified = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 9}
	oidX25519     = asn1.ObjectIdentifier{1, 3, 101, 110}
	oidMLKEM768   = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 2}
	oidKEM        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 13, 3}
	oidZlib       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 8}
)

// ContentCipher is what content is encrypted with. The zero value is none.
type ContentCipher int

const (
	AES128CBC ContentCipher = iota + 1
	AES192CBC
	AES256CBC
	AES128GCM
	AES192GCM // for reading
	AES256GCM
	ChaCha20Poly1305
	DESEDE3CBC // for reading: what mail was encrypted with until about 2010
)

type cipherRow struct {
	cipher  ContentCipher
	oid     asn1.ObjectIdentifier // RFC 3565 §4.1, RFC 5084 §3.2, RFC 8103 §3, RFC 3370 §5.1
	keySize int
	name    string
}

var cipherRows = []cipherRow{
	{AES128CBC, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, 16, "AES-128-CBC"},
	{AES192CBC, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, 24, "AES-192-CBC"},
	{AES256CBC, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, 32, "AES-256-CBC"},
	{AES128GCM, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 6}, 16, "AES-128-GCM"},
	{AES192GCM, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 26}, 24, "AES-192-GCM"},
	{AES256GCM, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 46}, 32, "AES-256-GCM"},
	{ChaCha20Poly1305, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 18}, 32, "ChaCha20-Poly1305"},
	{DESEDE3CBC, asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}, 24, "3DES-CBC"},
}

func (c ContentCipher) row() (cipherRow, bool) {
	for _, row := range cipherRows {
		if row.cipher == c {
			return row, true
		}
	}
	return cipherRow{}, false
}

func (c ContentCipher) String() string {
	if row, ok := c.row(); ok {
		return row.name
	}
	return "unknown cipher"
}

func cipherByOID(oid asn1.ObjectIdentifier) (cipherRow, bool) {
	for _, row := range cipherRows {
		if row.oid.Equal(oid) {
			return row, true
		}
	}
	return cipherRow{}, false
}

type digestRow struct {
	hash            crypto.Hash
	oid, rsa, ecdsa asn1.ObjectIdentifier // the digest itself, and a signature algorithm that names it
	weak            bool
}

// digestRows: SHA-2 (RFC 5754), and SHA-1 (RFC 3370) to be able to say that an old signature fits but proves nothing.
var digestRows = []digestRow{
	{crypto.SHA256, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, false},
	{crypto.SHA384, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, false},
	{crypto.SHA512, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, false},
	{crypto.SHA1, asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, true},
}

func digestByHash(hash crypto.Hash) (digestRow, bool) {
	for _, row := range digestRows {
		if row.hash == hash {
			return row, true
		}
	}
	return digestRow{}, false
}

func digestByOID(oid asn1.ObjectIdentifier) (digestRow, bool) {
	for _, row := range digestRows {
		if row.oid.Equal(oid) {
			return row, true
		}
	}
	return digestRow{}, false
}

// algorithm is an AlgorithmIdentifier; parameters is DER, nil where the field is absent.
type algorithm struct {
	oid        asn1.ObjectIdentifier
	parameters []byte
}

var derNull = []byte{5, 0}

func (a algorithm) add(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(a.oid)
		b.AddBytes(a.parameters)
	})
}

func readAlgorithm(s *cryptobyte.String) (algorithm, bool) {
	var inner cryptobyte.String
	var a algorithm
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&a.oid) {
		return a, false
	}
	if len(inner) > 0 {
		a.parameters = inner
	}
	return a, true
}
