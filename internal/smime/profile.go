package smime

import (
	"crypto"
	"crypto/ecdsa"

	"aau.dk/sendsikker/internal/cms"
)

// Profile is which algorithms a mail is sealed with. It is a value that the caller passes along; this file is the only
// place where algorithms are chosen. The zero Profile seals nothing.
type Profile struct {
	Name    string
	Content cms.ContentCipher // what the sealed entity is encrypted with
	// Opens is what we tell others that we can open, best first (SMIMECapabilities, RFC 8551 §2.5.2). Only what Open
	// really reads may stand here: peers will use it.
	Opens []cms.ContentCipher
}

// Compat is what Outlook, Apple Mail, Thunderbird and gpgsm can all open: AES-256 in CBC mode, the content key by RSA
// PKCS #1 v1.5 or ECDH as the recipient's key asks. RFC 8551 §2.7 prefers AES-GCM, but none of the four reads
// AuthEnvelopedData (NSS 3.125 and gpgsm 2.2 measured, Outlook by report).
func Compat() Profile {
	return Profile{
		Name:    "compat",
		Content: cms.AES256CBC,
		Opens:   []cms.ContentCipher{cms.AES256CBC, cms.AES192CBC, cms.AES128CBC},
	}
}

// digestFor matches the digest to the strength of the signer's key (RFC 5753 §8, RFC 8551 §2.2: SHA-256 is the one that
// every reader has).
func digestFor(public crypto.PublicKey) crypto.Hash {
	if key, ok := public.(*ecdsa.PublicKey); ok {
		switch bits := key.Curve.Params().BitSize; {
		case bits > 384:
			return crypto.SHA512
		case bits > 256:
			return crypto.SHA384
		}
	}
	return crypto.SHA256
}

// micalg is the digest's name in multipart/signed (RFC 8551 §3.5.3.2).
func micalg(digest crypto.Hash) string {
	switch digest {
	case crypto.SHA384:
		return "sha-384"
	case crypto.SHA512:
		return "sha-512"
	}
	return "sha-256"
}
