//go:build cgo

package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/miekg/pkcs11"

	"aau.dk/sendsikker/internal/device"
)

// maxModulus is RSA-8192's.
const maxModulus = 1024

// publicOf reads the public half of a private key: RSA's from the private object, which has it (PKCS #11 §6.1.3), and that of a
// curve from the public object with the same id, for the private one has only the curve (§6.3.4).
func publicOf(lib *pkcs11.Ctx, s *session, key pkcs11.ObjectHandle) (crypto.PublicKey, error) {
	handle := s.handle
	kind, err := attributes(lib, handle, key, pkcs11.CKA_KEY_TYPE)
	if err != nil {
		return nil, err
	}
	switch number(kind[0]) {
	case pkcs11.CKK_RSA:
		parts, err := attributes(lib, handle, key, pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT)
		if err != nil {
			return nil, err
		}
		if len(parts[0]) > maxModulus || len(parts[1]) > 4 {
			return nil, device.Refused("the token's RSA key is larger than any")
		}
		public := &rsa.PublicKey{N: new(big.Int).SetBytes(parts[0]), E: int(new(big.Int).SetBytes(parts[1]).Int64())}
		if public.N.BitLen() < 1024 || public.E < 3 {
			return nil, device.Refused("the token does not tell the RSA key's public half")
		}
		return public, nil
	case pkcs11.CKK_EC:
		return publicPoint(lib, handle, key)
	}
	return nil, device.Cannot("the token's key is neither RSA nor on an elliptic curve")
}

func publicPoint(lib *pkcs11.Ctx, handle pkcs11.SessionHandle, key pkcs11.ObjectHandle) (crypto.PublicKey, error) {
	parts, err := attributes(lib, handle, key, pkcs11.CKA_EC_PARAMS, pkcs11.CKA_ID)
	if err != nil {
		return nil, err
	}
	curve := curveOf(parts[0])
	if curve == nil {
		return nil, device.Cannot("the token's key is on another curve than P-256, P-384 and P-521")
	}
	if len(parts[1]) == 0 {
		return nil, device.Refused("the token's private key has no id by which its public key is found")
	}
	found, err := search(lib, handle, pkcs11.CKO_PUBLIC_KEY, "", string(parts[1]))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, device.Refused("the token has no public key with the private key's id, or several")
	}
	point, err := attributes(lib, handle, found[0], pkcs11.CKA_EC_POINT)
	if err != nil {
		return nil, err
	}
	octets := point[0] // PKCS #11 §6.3.3: in an OCTET STRING; some libraries leave that out
	var inner []byte
	if rest, err := asn1.Unmarshal(point[0], &inner); err == nil && len(rest) == 0 {
		octets = inner
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, octets)
	if err != nil {
		return nil, device.Refused("the token's public key is no point of its curve")
	}
	return public, nil
}

func curveOf(parameters []byte) elliptic.Curve {
	var oid asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(parameters, &oid); err != nil {
		return nil
	}
	switch oid.String() { // SEC 2, appendix A.2
	case "1.2.840.10045.3.1.7":
		return elliptic.P256()
	case "1.3.132.0.34":
		return elliptic.P384()
	case "1.3.132.0.35":
		return elliptic.P521()
	}
	return nil
}

// attributes are public ones alone: a caller names no other.
func attributes(lib *pkcs11.Ctx, handle pkcs11.SessionHandle, object pkcs11.ObjectHandle, kinds ...uint) ([][]byte, error) {
	template := make([]*pkcs11.Attribute, len(kinds))
	for i, kind := range kinds {
		template[i] = pkcs11.NewAttribute(kind, nil)
	}
	got, err := lib.GetAttributeValue(handle, object, template)
	if err != nil {
		if gone(err) {
			return nil, stale{err}
		}
		return nil, device.Refused("the token does not tell the key's public half: %w", err)
	}
	if len(got) != len(kinds) {
		return nil, device.Refused("the token tells only a part of the key's public half")
	}
	values := make([][]byte, len(got))
	for i, a := range got {
		values[i] = a.Value
	}
	return values, nil
}

// number is a CK_ULONG in this machine's order of octets: read from either end, a key type is one octet.
func number(octets []byte) uint {
	var n uint
	for _, o := range octets {
		n |= uint(o)
	}
	return n
}

func newKey(p place, public crypto.PublicKey) (crypto.Signer, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return &rsaKey{p, public}, nil
	case *ecdsa.PublicKey:
		return &ecKey{p, public}, nil
	}
	return nil, fmt.Errorf("token: a public key of type %T", public)
}
