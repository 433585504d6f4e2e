package smime

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"strings"

	"aau.dk/sendsikker/internal/cms"
)

// Form is how the sealed entity is signed.
type Form int

const (
	Detached Form = iota // multipart/signed (RFC 8551 §3.5.3): what every reader of encrypted mail shows as signed
	Opaque               // signed-data around the entity (§3.5.2): survives gateways that mend what they forward
	Unsigned             // encrypted only; nothing then tells who wrote it
)

// Profile is which algorithms a mail is sealed with. It is a value that the caller passes along; this file is the only
// place where algorithms are chosen. The zero Profile seals nothing.
type Profile struct {
	Name    string
	Content cms.ContentCipher // what the sealed entity is encrypted with
	OAEP    bool              // RSA recipients get RSAES-OAEP with SHA-256, not PKCS #1 v1.5
	PSS     bool              // RSA signers sign with RSASSA-PSS, not PKCS #1 v1.5
	// PostQuantum lets recipients have ML-KEM-768 keys (RFC 9936), which no mail program reads yet.
	PostQuantum bool
	Form        Form
	// Opens is what we tell others that we can open, best first (SMIMECapabilities, RFC 8551 §2.5.2). Only what Open
	// really reads may stand here: peers will use it.
	Opens cms.Capabilities
}

// opens is what Open reads, best first. ChaCha20-Poly1305 and ML-KEM are left unsaid: no peer writes them unasked.
func opens() cms.Capabilities {
	const aes128, aes256 = 16, 32
	return cms.Capabilities{
		cms.AES256GCM.Capability(), cms.AES128GCM.Capability(),
		cms.AES256CBC.Capability(), cms.AES192CBC.Capability(), cms.AES128CBC.Capability(),
		cms.OAEPCapability(),
		cms.ECDHCapability(crypto.SHA256, aes256), cms.ECDHCapability(crypto.SHA256, aes128),
		cms.ECDHCapability(crypto.SHA384, aes256), cms.ECDHCapability(crypto.SHA512, aes256),
	}
}

// Compat is what Outlook, Apple Mail, Thunderbird and gpgsm can all open: AES-256 in CBC mode, the content key by RSA
// PKCS #1 v1.5 or ECDH as the recipient's key asks. RFC 8551 §2.7 prefers AES-GCM, but none of the four reads
// AuthEnvelopedData (NSS 3.125 and gpgsm 2.2 measured, Outlook by report).
func Compat() Profile {
	return Profile{Name: "compat", Content: cms.AES256CBC, Opens: opens()}
}

// Modern is what RFC 8551 §2.3 and §2.7 prefer: AES-256-GCM, which proves by itself that nothing was altered, and
// RSAES-OAEP. For recipients who say that they can open it.
func Modern() Profile {
	return Profile{Name: "modern", Content: cms.AES256GCM, OAEP: true, Opens: opens()}
}

// digestFor matches the digest to the strength of the signer's key (RFC 5753 §8, RFC 8551 §2.2: SHA-256 is the one that
// every reader has).
func digestFor(public crypto.PublicKey) crypto.Hash {
	if _, ok := public.(ed25519.PublicKey); ok {
		return crypto.SHA512 // RFC 8419 §3.1
	}
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

// hashesNamed reads micalg, which may name several, and takes SHA-256 where it names none.
func hashesNamed(micalg string) []crypto.Hash {
	var hashes []crypto.Hash
	for name := range strings.SplitSeq(strings.ToLower(micalg), ",") {
		switch strings.ReplaceAll(strings.TrimSpace(name), "-", "") {
		case "sha1":
			hashes = append(hashes, crypto.SHA1)
		case "sha256":
			hashes = append(hashes, crypto.SHA256)
		case "sha384":
			hashes = append(hashes, crypto.SHA384)
		case "sha512":
			hashes = append(hashes, crypto.SHA512)
		}
	}
	if len(hashes) == 0 {
		hashes = append(hashes, crypto.SHA256)
	}
	return hashes
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
