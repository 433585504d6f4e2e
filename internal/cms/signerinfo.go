package cms

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxTried is how many certificates with the same name are tried for one signature (RFC 8551 §2.6: each match).
const maxTried = 4

// signerInfo is RFC 5652 §5.3.
type signerInfo struct {
	by         identifier
	digest     algorithm
	attributes cryptobyte.String // the whole element; nil where absent
	scheme     algorithm
	value      cryptobyte.String
}

func readSignerInfo(s cryptobyte.String) (i signerInfo, ok bool) {
	var inner cryptobyte.String
	var version int
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1Integer(&version) {
		return i, false
	}
	if i.by, ok = readIdentifier(&inner); !ok {
		return i, false
	}
	if i.digest, ok = readAlgorithm(&inner); !ok {
		return i, false
	}
	if inner.PeekASN1Tag(tagContext0.Constructed()) && !inner.ReadASN1Element(&i.attributes, tagContext0.Constructed()) {
		return i, false
	}
	if i.scheme, ok = readAlgorithm(&inner); !ok {
		return i, false
	}
	return i, inner.ReadASN1(&i.value, cbasn1.OCTET_STRING)
}

// verify follows RFC 5652 §5.4 and §5.6. Signed attributes are required: without them the attributes of another message
// can be passed off as content (Strenzke, 2023). Unsigned ones, countersignatures among them, are nobody's word and are not
// read. sum is the content's digest, nil where digestAlgorithms does not list it.
func (i signerInfo) verify(s *Signed, sum []byte) Signer {
	candidates := s.named(i.by)
	result := Signer{Err: ErrSignature}
	if len(candidates) > 0 {
		result.Certificate = candidates[0]
	}
	digest, known := digestByOID(i.digest.oid)
	if !known {
		result.Err = ErrUnsupported
		return result
	}
	result.Algorithms = schemeOf(i.scheme, digest).words(digest)
	attributes, ok := readAttributes(i.attributes)
	if !ok {
		return result
	}
	result.Time = attributes.time()
	if sum == nil || !attributes.cover(s.ContentType, sum) {
		return result
	}
	switch {
	case len(candidates) == 0:
		result.Err = ErrNoCertificate
		return result
	case result.Algorithms == "", !slices.ContainsFunc(candidates, func(c *x509.Certificate) bool { return verifiable(c.PublicKey) }):
		result.Err = ErrUnsupported
		return result
	}
	for _, c := range candidates[:min(len(candidates), maxTried)] {
		if attributes.allow(c) && i.fits(c.PublicKey, digest) {
			result.Certificate = c
			result.believe(s, attributes, digest)
			break
		}
	}
	return result
}

func (i signerInfo) fits(public crypto.PublicKey, digest digestRow) bool {
	for _, message := range signedForms(i.attributes) {
		if verifies(public, i.scheme, digest, message, i.value) {
			return true
		}
	}
	return false
}

// believe takes over what a signature that fits says besides, unless it is too weak to say anything.
func (r *Signer) believe(s *Signed, attributes attributeSet, digest digestRow) {
	if key, isRSA := r.Certificate.PublicKey.(*rsa.PublicKey); digest.weak || (isRSA && key.N.BitLen() < MinRSABits) {
		r.Err = ErrWeak
		return
	}
	r.Err = nil
	r.Capabilities = attributes.capabilities()
	if id, ok := attributes.encryptTo(); ok {
		if found := s.named(id); len(found) == 1 { // of several, nobody can say which was meant
			r.EncryptTo = found[0]
		}
	}
}
