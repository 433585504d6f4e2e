package cms

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// describe tells what can be read of an entry; one that cannot be read is of its kind and no more.
func (i recipientInfo) describe() RecipientDescription {
	d := RecipientDescription{Kind: i.kind}
	switch i.kind {
	case KeyTransport:
		if k, ok := i.keyTransport(); ok {
			d.Algorithm, d.Keys, d.To = k.algorithm.oid, 1, []Identifier{k.to.public()}
			d.Scheme = transportWords(k.algorithm)
		}
	case KeyAgreement:
		if k, ok := i.keyAgreement(); ok {
			d.Algorithm, d.Keys = k.algorithm.oid, len(k.keys)
			d.Scheme = wordFor(k.algorithm)
			s := cryptobyte.String(k.algorithm.parameters)
			if wrap, ok := readAlgorithm(&s); ok {
				d.Wrap = wrap.oid
			}
			for _, key := range k.keys[:min(maxNamed, len(k.keys))] {
				d.To = append(d.To, key.to.public())
			}
		}
	case OtherKind:
		d.Algorithm, _, _ = i.otherType()
		d.Scheme = wordFor(algorithm{oid: d.Algorithm})
		if k, ok := i.kem(); ok {
			d.Algorithm, d.Keys, d.To = k.kem.oid, 1, []Identifier{k.to.public()}
			d.Scheme = wordFor(k.kem)
			if wrap, ok := readAlgorithm(&k.wrap); ok {
				d.Wrap = wrap.oid
				d.Scheme += ", " + wordFor(wrap)
			}
		}
	case KeyShared, Password: // named, and not looked into
	}
	return d
}

func (k RecipientKind) String() string {
	switch k {
	case KeyTransport:
		return "key transport"
	case KeyAgreement:
		return "key agreement"
	case KeyShared:
		return "shared key"
	case Password:
		return "password"
	case OtherKind:
		return "other"
	}
	return fmt.Sprintf("unknown kind %#x", byte(k))
}

func (id identifier) public() Identifier {
	return Identifier{Issuer: id.issuer, Serial: id.serial, KeyID: id.ski}
}

// transportWords says both digests of RSA-OAEP: where they differ, half of the programs cannot read it.
func transportWords(a algorithm) string {
	if options, ok := readOAEP(a); ok {
		return fmt.Sprintf("RSA-OAEP with %v, MGF1 with %v", options.Hash, options.MGFHash)
	}
	return wordFor(a)
}

// describedNames are algorithms that are read by nobody here, and met in old mail.
var describedNames = map[string]string{
	"1.2.840.113549.2.5":     "MD5",
	"2.16.840.1.101.3.4.2.4": "SHA-224",
	"1.2.840.10040.4.1":      "DSA",
	"1.2.840.10040.4.3":      "DSA with SHA-1",
	"1.2.840.113549.1.1.1":   "RSA PKCS #1 v1.5",
	"1.2.840.113549.1.1.4":   "RSA PKCS #1 v1.5 with MD5",
	"1.2.840.113549.1.1.5":   "RSA PKCS #1 v1.5 with SHA-1",
	"1.2.840.113549.1.1.10":  "RSA-PSS",
	"1.3.101.112":            "Ed25519",
	"1.3.101.113":            "Ed448",
	"1.2.840.10045.2.1":      "ECDSA",
}

// wordFor is the object identifier itself where there is no word for it.
func wordFor(a algorithm) string {
	if name := describedNames[a.oid.String()]; name != "" {
		return name
	}
	if size, known := wrapSize(a.oid); known {
		return fmt.Sprintf("AES-%d key wrap", 8*size)
	}
	return Capability{a}.String()
}
