package cms

import (
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
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
// can be passed off as content (Strenzke, 2023).
func (i signerInfo) verify(s *Signed, sums map[crypto.Hash][]byte) Signer {
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
	if name := schemeName(i.scheme, digest); name != "" {
		result.Algorithms = digest.hash.String() + ", " + name
	}
	attributes, ok := readAttributes(i.attributes)
	if !ok {
		return result
	}
	result.Time = attributes.time()
	sum, listed := sums[digest.hash]
	if !listed || !attributes.cover(s.ContentType, sum) {
		return result
	}
	switch {
	case len(candidates) == 0:
		result.Err = ErrNoCertificate
		return result
	case result.Algorithms == "":
		result.Err = ErrUnsupported
		return result
	}
	// RFC 5652 §5.4: the digest is over the attributes as SET OF, not as [0].
	h := digest.hash.New()
	h.Write([]byte{ber.IDSet})
	h.Write(i.attributes[1:])
	signed := h.Sum(nil)
	for _, c := range candidates[:min(len(candidates), maxTried)] {
		if !attributes.allow(c) || !verifies(c.PublicKey, i.scheme, digest, signed, i.value) {
			continue
		}
		result.Certificate, result.Err = c, nil
		if key, isRSA := c.PublicKey.(*rsa.PublicKey); digest.weak || (isRSA && key.N.BitLen() < MinRSABits) {
			result.Err = ErrWeak
		}
		return result
	}
	return result
}

// attributeSet is the values of each attribute by its object identifier.
type attributeSet map[string]cryptobyte.String

// readAttributes refuses an attribute that is there twice: two readers could each believe another one (RFC 5652 §11 says
// "MUST NOT include multiple instances" for each that matters here).
func readAttributes(element cryptobyte.String) (attributeSet, bool) {
	var all cryptobyte.String
	if !element.ReadASN1(&all, tagContext0.Constructed()) || all.Empty() {
		return nil, false
	}
	set := make(attributeSet)
	for !all.Empty() {
		var one, values cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !all.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&oid) ||
			!one.ReadASN1(&values, cbasn1.SET) || !one.Empty() {
			return nil, false
		}
		if _, twice := set[oid.String()]; twice {
			return nil, false
		}
		set[oid.String()] = values
	}
	return set, true
}

// cover reports whether the attributes speak of this content: its type and its digest, each with exactly one value.
func (a attributeSet) cover(contentType asn1.ObjectIdentifier, sum []byte) bool {
	types, digests := a[oidContentType.String()], a[oidMessageDigest.String()]
	var oid asn1.ObjectIdentifier
	var digest cryptobyte.String
	return types.ReadASN1ObjectIdentifier(&oid) && types.Empty() && oid.Equal(contentType) &&
		digests.ReadASN1(&digest, cbasn1.OCTET_STRING) && digests.Empty() &&
		subtle.ConstantTimeCompare(digest, sum) == 1
}

// allow reports whether SigningCertificateV2, where present, means this certificate (RFC 5035 §3: the first one is the
// signer's).
func (a attributeSet) allow(c *x509.Certificate) bool {
	value, present := a[oidSigningCertificateV2.String()]
	if !present {
		return true
	}
	var outer, ids, id, sum cryptobyte.String
	if !value.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1(&ids, cbasn1.SEQUENCE) || !ids.ReadASN1(&id, cbasn1.SEQUENCE) {
		return false
	}
	digest, _ := digestByHash(crypto.SHA256)
	if id.PeekASN1Tag(cbasn1.SEQUENCE) {
		named, ok := readAlgorithm(&id)
		var known bool
		if digest, known = digestByOID(named.oid); !ok || !known {
			return false
		}
	}
	if !id.ReadASN1(&sum, cbasn1.OCTET_STRING) {
		return false
	}
	h := digest.hash.New()
	h.Write(c.Raw)
	return subtle.ConstantTimeCompare(sum, h.Sum(nil)) == 1
}

// time is the signingTime, UTCTime or GeneralizedTime (RFC 8551 §2.5.1); zero where absent or unreadable.
func (a attributeSet) time() time.Time {
	value := a[oidSigningTime.String()]
	var t time.Time
	if value.PeekASN1Tag(cbasn1.UTCTime) {
		value.ReadASN1UTCTime(&t)
	} else {
		value.ReadASN1GeneralizedTime(&t)
	}
	return t
}
