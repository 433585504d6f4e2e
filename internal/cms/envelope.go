package cms

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

// RecipientKind is which RecipientInfo an entry is (RFC 5652 §6.2); its value is the identifier octet.
type RecipientKind byte

const (
	KeyTransport RecipientKind = 0x30
	KeyAgreement RecipientKind = 0xa1
	KeyShared    RecipientKind = 0xa2 // a key that both sides already have
	Password     RecipientKind = 0xa3
	OtherKind    RecipientKind = 0xa4 // among them KEMRecipientInfo, RFC 9629
)

// recipientInfo is one entry as it stands in the message, in DER.
type recipientInfo struct {
	kind RecipientKind
	der  []byte
}

// envelope is what stands before the encrypted content.
type envelope struct {
	version    int
	recipients []recipientInfo
	inner      asn1.ObjectIdentifier // content type of what is encrypted
	cipher     algorithm
}

// readEnvelope reads EnvelopedData (RFC 5652 §6.1) or AuthEnvelopedData (RFC 5083 §2.1), which begin alike, up to the encrypted content.
func readEnvelope(r *ber.Reader) (*envelope, error) {
	e := new(envelope)
	version, err := r.DER(ber.IDInteger, ber.SmallElement)
	if err != nil {
		return nil, err
	}
	if !version.ReadASN1Integer(&e.version) {
		return nil, malformed("version")
	}
	if err := r.SkipOptional(0xa0); err != nil { // originatorInfo: certificates that only static key agreement needs
		return nil, err
	}
	set, err := r.Expect(ber.IDSet)
	if err != nil {
		return nil, err
	}
	held := 0
	if err := r.Each(set, func(h ber.Header) error {
		der, err := r.Element(h, maxElement)
		if err != nil {
			return err
		}
		if held += len(der); held > maxHeld || len(e.recipients) == maxRecipients {
			return malformed("too many recipients")
		}
		e.recipients = append(e.recipients, recipientInfo{RecipientKind(h.ID), der})
		return nil
	}); err != nil {
		return nil, err
	}
	if err := r.Into(ber.IDSequence); err != nil {
		return nil, err
	}
	if e.inner, err = r.OID(); err != nil {
		return nil, err
	}
	e.cipher, err = algorithmFrom(r)
	return e, err
}

// encryptedContent starts on [0] IMPLICIT OCTET STRING.
func encryptedContent(r *ber.Reader) (*ber.Octets, error) {
	h, err := r.Expect(0x80, 0xa0)
	if err != nil {
		return nil, err
	}
	return r.Octets(h)
}

// keyTransport is KeyTransRecipientInfo, RFC 5652 §6.2.1.
type keyTransport struct {
	to        identifier
	algorithm algorithm
	encrypted cryptobyte.String
}

func (i recipientInfo) keyTransport() (k keyTransport, ok bool) {
	s := cryptobyte.String(i.der)
	var inner cryptobyte.String
	var version int
	// 0 goes with issuerAndSerialNumber and 2 with a key identifier; writers have mixed them up, and it is the identifier that
	// is believed.
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1Integer(&version) || (version != 0 && version != 2) {
		return k, false
	}
	if k.to, ok = readIdentifier(&inner); !ok {
		return k, false
	}
	if k.algorithm, ok = readAlgorithm(&inner); !ok {
		return k, false
	}
	return k, inner.ReadASN1(&k.encrypted, cbasn1.OCTET_STRING)
}

// keyAgreement is KeyAgreeRecipientInfo, RFC 5652 §6.2.2, with an ephemeral originator key.
type keyAgreement struct {
	curve      algorithm // of originator: id-ecPublicKey or id-X25519
	originator asn1.BitString
	ukm        cryptobyte.String // nil where absent
	algorithm  algorithm
	keys       []encryptedKey
}

type encryptedKey struct {
	to        identifier
	encrypted cryptobyte.String
}

func (i recipientInfo) keyAgreement() (k keyAgreement, ok bool) {
	s := cryptobyte.String(i.der)
	context := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	var inner, originator, key, ukm, keys cryptobyte.String
	var version int
	var hasUKM bool
	if !s.ReadASN1(&inner, context(1)) || !inner.ReadASN1Integer(&version) || version != 3 ||
		!inner.ReadASN1(&originator, context(0)) || !originator.ReadASN1(&key, context(1)) {
		return k, false
	}
	if k.curve, ok = readAlgorithm(&key); !ok || !key.ReadASN1BitString(&k.originator) {
		return k, false
	}
	if !inner.ReadOptionalASN1(&ukm, &hasUKM, context(1)) || (hasUKM && !ukm.ReadASN1(&k.ukm, cbasn1.OCTET_STRING)) {
		return k, false
	}
	if k.algorithm, ok = readAlgorithm(&inner); !ok || !inner.ReadASN1(&keys, cbasn1.SEQUENCE) {
		return k, false
	}
	for !keys.Empty() {
		var one cryptobyte.String
		var e encryptedKey
		if !keys.ReadASN1(&one, cbasn1.SEQUENCE) {
			return k, false
		}
		if e.to, ok = readKeyAgreementIdentifier(&one); !ok || !one.ReadASN1(&e.encrypted, cbasn1.OCTET_STRING) {
			return k, false
		}
		k.keys = append(k.keys, e)
	}
	return k, true
}

// readKeyAgreementIdentifier reads KeyAgreeRecipientIdentifier, whose [0] is RecipientKeyIdentifier: a SEQUENCE that
// starts with the key identifier.
func readKeyAgreementIdentifier(s *cryptobyte.String) (identifier, bool) {
	var inner, ski cryptobyte.String
	if s.PeekASN1Tag(tagContext0.Constructed()) {
		ok := s.ReadASN1(&inner, tagContext0.Constructed()) && inner.ReadASN1(&ski, cbasn1.OCTET_STRING) && len(ski) > 0
		return identifier{ski: ski}, ok
	}
	return readIdentifier(s)
}

// otherType is the type of an OtherRecipientInfo (RFC 5652 §6.2.5), and the content that goes with it.
func (i recipientInfo) otherType() (oid asn1.ObjectIdentifier, content cryptobyte.String, ok bool) {
	s := cryptobyte.String(i.der)
	ok = s.ReadASN1(&content, cbasn1.Tag(4).ContextSpecific().Constructed()) && content.ReadASN1ObjectIdentifier(&oid)
	return oid, content, ok
}
