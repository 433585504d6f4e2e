package cms

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Capability is one entry of SMIMECapabilities (RFC 8551 §2.5.2): an algorithm that somebody reads. The zero Capability is
// none, and a list that holds it cannot be written.
type Capability struct{ algorithm algorithm }

// Capability is the entry for a content cipher. RFC 8551 §2.5.2: without parameters that make a difference "the parameters
// MUST be omitted and MUST NOT be encoded as NULL".
func (c ContentCipher) Capability() Capability {
	row, _ := c.row()
	return Capability{algorithm{oid: row.oid}}
}

// OAEPCapability is RSAES-OAEP with SHA-256, MGF1 of the same and no label (RFC 3560 §5, RFC 4055 §4).
func OAEPCapability() Capability {
	parameters, err := oaepParameters(crypto.SHA256)
	if err != nil {
		return Capability{}
	}
	return Capability{algorithm{oidOAEP, parameters}}
}

// ECDHCapability is ECDH on a NIST curve with the X9.63 KDF over this digest, and AES key wrap whose key has wrap octets: an
// entry for each pair (RFC 5753 §7). Zero where there is no such pair.
func ECDHCapability(kdf crypto.Hash, wrap int) Capability {
	return agreementCapability(kdf, false, wrap)
}

// X25519Capability is X25519 with HKDF over this digest, and a key wrap (RFC 8418 §5).
func X25519Capability(kdf crypto.Hash, wrap int) Capability {
	return agreementCapability(kdf, true, wrap)
}

// MLKEM768Capability has no parameters: RFC 9936 leaves KDF and key wrap to the sender.
func MLKEM768Capability() Capability { return Capability{algorithm{oid: oidMLKEM768}} }

func agreementCapability(kdf crypto.Hash, hkdf bool, wrap int) Capability {
	var b cryptobyte.Builder
	algorithm{oid: wrapOID[wrap]}.add(&b) // parameters absent, as RFC 3565 §2.3.2 has it
	parameters, err := b.Bytes()
	if err != nil {
		return Capability{}
	}
	for _, row := range agreementRows {
		if row.hash == kdf && row.hkdf == hkdf {
			return Capability{algorithm{row.std, parameters}}
		}
	}
	return Capability{}
}

// String names the algorithm, and one that is not known here by its object identifier.
func (c Capability) String() string {
	oid := c.algorithm.oid
	if row, ok := cipherByOID(oid); ok {
		return row.name
	}
	if row, ok := digestByOID(oid); ok { // Outlook lists what it verifies too
		return row.hash.String()
	}
	if row, ok := agreementByOID(oid); ok && len(oid) > 0 {
		name := "ECDH with X9.63 and " + row.hash.String()
		if row.hkdf {
			name = "X25519 with HKDF and " + row.hash.String()
		}
		s := cryptobyte.String(c.algorithm.parameters)
		if wrap, ok := readAlgorithm(&s); ok {
			if size, known := wrapSize(wrap.oid); known {
				name += fmt.Sprintf(", AES-%d key wrap", 8*size)
			}
		}
		return name
	}
	switch {
	case oid.Equal(oidMLKEM768):
		return "ML-KEM-768"
	case c.isOAEP():
		return "RSA-OAEP with SHA-256"
	case oid.Equal(oidOAEP):
		return "RSA-OAEP with other parameters"
	}
	if name := refusedCipherNames[oid.String()]; name != "" {
		return name
	}
	return oid.String()
}

func (c Capability) isOAEP() bool {
	options, ok := readOAEP(c.algorithm)
	return ok && options.Hash == crypto.SHA256 && options.MGFHash == crypto.SHA256 && len(options.Label) == 0
}

// Capabilities is what somebody says that they read, best first. It proves nothing about a key.
type Capabilities []Capability

func (c Capabilities) String() string {
	names := make([]string, len(c))
	for i, capability := range c {
		names[i] = capability.String()
	}
	return strings.Join(names, "; ")
}

// Has reports whether the cipher is in the list. Its parameters do not matter: some write NULL.
func (c Capabilities) Has(cipher ContentCipher) bool {
	return c.named(cipher.Capability().algorithm.oid)
}

// First is the one among these that the list's owner likes best; false where there is none.
func (c Capabilities) First(among ...ContentCipher) (ContentCipher, bool) {
	for _, capability := range c {
		if row, ok := cipherByOID(capability.algorithm.oid); ok && slices.Contains(among, row.cipher) {
			return row.cipher, true
		}
	}
	return 0, false
}

// OAEP reports whether RSAES-OAEP is read in the form of OAEPCapability. An entry with another digest says nothing of it.
func (c Capabilities) OAEP() bool { return slices.ContainsFunc(c, Capability.isOAEP) }

// KeyAgreement reports whether ECDH on NIST curves is in the list, with any KDF and key wrap.
func (c Capabilities) KeyAgreement() bool { return c.agrees(false) }

// X25519 reports whether X25519 is in the list, with any KDF and key wrap.
func (c Capabilities) X25519() bool { return c.agrees(true) }

// MLKEM768 reports whether ML-KEM-768 is in the list.
func (c Capabilities) MLKEM768() bool { return c.named(oidMLKEM768) }

func (c Capabilities) named(oid asn1.ObjectIdentifier) bool {
	return len(oid) > 0 && slices.ContainsFunc(c, func(have Capability) bool { return have.algorithm.oid.Equal(oid) })
}

func (c Capabilities) agrees(hkdf bool) bool {
	return slices.ContainsFunc(agreementRows, func(row agreementRow) bool {
		return row.hkdf == hkdf && (c.named(row.std) || c.named(row.cofactor))
	})
}

// DER writes SMIMECapabilities, as it stands in a signed attribute and in a certificate's extension (RFC 4262 §2).
func (c Capabilities) DER() ([]byte, error) {
	var b cryptobyte.Builder
	c.add(&b)
	return b.Bytes()
}

func (c Capabilities) add(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, capability := range c {
			capability.algorithm.add(b)
		}
	})
}

// ParseCapabilities reads SMIMECapabilities. Algorithms that are not known here stay in the list; what is too large to name
// one is left out, and what stands behind the first 64 is not looked at. The error is ErrMalformed.
func ParseCapabilities(der []byte) (Capabilities, error) {
	s := cryptobyte.String(der)
	var all cryptobyte.String
	if !s.ReadASN1(&all, cbasn1.SEQUENCE) || !s.Empty() {
		return nil, malformed("capabilities")
	}
	var list Capabilities
	for !all.Empty() && len(list) < maxCapabilities {
		var one cryptobyte.String
		if !all.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return nil, malformed("capabilities")
		}
		if len(one) > maxCapability {
			continue
		}
		one = slices.Clone(one) // who keeps a list must not keep the message
		a, ok := readAlgorithm(&one)
		if !ok {
			return nil, malformed("capabilities")
		}
		list = append(list, Capability{a})
	}
	return list, nil
}
