package cms

import (
	"encoding/asn1"
	"io"

	"golang.org/x/crypto/cryptobyte"

	"aau.dk/sendsikker/internal/cms/ber"
)

// Description is what a message shows to anybody, without a key.
type Description struct {
	ContentType  asn1.ObjectIdentifier
	Recipients   []RecipientDescription // EnvelopedData, AuthEnvelopedData: one for every RecipientInfo, in order
	Cipher       asn1.ObjectIdentifier  // the same: content encryption
	Digests      []asn1.ObjectIdentifier
	Signers      int
	Opaque       bool // SignedData: the content is inside
	Certificates int
}

// RecipientDescription is one RecipientInfo.
type RecipientDescription struct {
	Kind      RecipientKind
	Algorithm asn1.ObjectIdentifier // key encryption, or the type of an other recipient; nil where it could not be read
	Wrap      asn1.ObjectIdentifier // key wrap of a key agreement or ML-KEM
	Keys      int                   // how many certificates the entry is for
}

// Inspect reads one ContentInfo to its end. A content type that is neither enveloped nor signed data is only named.
func Inspect(src io.Reader) (*Description, error) {
	start := ber.NewReader(src)
	contentType, err := contentInfo(start)
	if err != nil {
		return nil, err
	}
	d := &Description{ContentType: contentType}
	switch {
	case contentType.Equal(OIDEnvelopedData), contentType.Equal(OIDAuthEnvelopedData):
		err = d.envelope(start)
	case contentType.Equal(OIDSignedData):
		err = d.signed(start)
	}
	return d, err
}

func (d *Description) envelope(r *ber.Reader) error {
	e, err := readEnvelope(r)
	if err != nil {
		return err
	}
	d.Cipher = e.cipher.oid
	for _, info := range e.recipients {
		d.Recipients = append(d.Recipients, info.describe())
	}
	return r.Finish()
}

func (d *Description) signed(r *ber.Reader) error {
	s, err := readSigned(r, io.Discard)
	if err != nil {
		return err
	}
	d.Digests, d.Signers, d.Opaque, d.Certificates = s.digestOIDs, len(s.signers), s.inside, len(s.Certificates)+s.Unreadable
	return nil
}

func (i recipientInfo) describe() RecipientDescription {
	d := RecipientDescription{Kind: i.kind}
	switch i.kind {
	case KeyTransport:
		if k, ok := i.keyTransport(); ok {
			d.Algorithm, d.Keys = k.algorithm.oid, 1
		}
	case KeyAgreement:
		if k, ok := i.keyAgreement(); ok {
			d.Algorithm, d.Keys = k.algorithm.oid, len(k.keys)
			s := cryptobyte.String(k.algorithm.parameters)
			if wrap, ok := readAlgorithm(&s); ok {
				d.Wrap = wrap.oid
			}
		}
	case OtherKind:
		d.Algorithm, _, _ = i.otherType()
		if k, ok := i.kem(); ok {
			d.Algorithm, d.Keys = k.kem.oid, 1
			if wrap, ok := readAlgorithm(&k.wrap); ok {
				d.Wrap = wrap.oid
			}
		}
	case KeyShared, Password: // named, and not looked into
	}
	return d
}
