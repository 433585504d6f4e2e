package cms

import (
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"time"

	"aau.dk/sendsikker/internal/cms/ber"
)

// maxNamed is how many names are kept of one message's recipients: a few octets of a key agreement name one each.
const maxNamed = 1000

// Description is what a message shows to anybody, without a key. Nothing in it has been checked: no signature, no path.
type Description struct {
	ContentType asn1.ObjectIdentifier
	Inner       asn1.ObjectIdentifier // what is signed or encrypted; nearly always id-data

	Recipients []RecipientDescription // EnvelopedData, AuthEnvelopedData: one for every RecipientInfo, in order
	Cipher     asn1.ObjectIdentifier  // the same: content encryption
	CipherName string
	// Misplaced: the cipher is authenticated and the content type is not, or the other way: nobody opens that (RFC 8551 §2.4.4).
	Misplaced bool

	Digests      []asn1.ObjectIdentifier // SignedData: what the content must be digested with, and their names
	DigestNames  []string
	Signers      []SignerDescription
	Opaque       bool                // SignedData: the content is inside
	Certificates []*x509.Certificate // those that could be parsed
	Unreadable   int                 // how many could not
}

// RecipientDescription is one RecipientInfo.
type RecipientDescription struct {
	Kind      RecipientKind
	Algorithm asn1.ObjectIdentifier // key encryption, or the type of an other recipient; nil where it could not be read
	Wrap      asn1.ObjectIdentifier // key wrap of a key agreement or ML-KEM
	Scheme    string                // both in words; "" where they could not be read
	Keys      int                   // how many certificates the entry is for
	To        []Identifier          // their names; of one message no more than a thousand
}

// SignerDescription is one SignerInfo.
type SignerDescription struct {
	Identifier
	Algorithms   string            // in words, or by their object identifiers
	Attributes   bool              // there are signed attributes; without them we take no signature (EUF-CMA, 2023)
	Time         time.Time         // the signer's own word for when; zero where absent
	Capabilities Capabilities      // what the signer claims to open
	Certificate  *x509.Certificate // nil where the message does not hold it
}

// Identifier is how a message names a certificate: by Issuer (DER of the Name) and Serial, or by KeyID.
type Identifier struct {
	Issuer []byte
	Serial *big.Int
	KeyID  []byte
}

// Inspect reads one ContentInfo to its end, as Message.Inspect does, and throws the content away.
func Inspect(src io.Reader) (*Description, error) {
	m, err := ReadMessage(src)
	if err != nil {
		return nil, err
	}
	return m.Inspect(io.Discard)
}

// Inspect reads the message to its end. The content of a SignedData goes to content as it streams in. A content type that is
// neither enveloped nor signed data is only named, and not read.
func (m *Message) Inspect(content io.Writer) (*Description, error) {
	d := &Description{ContentType: m.Type}
	switch {
	case m.Type.Equal(OIDEnvelopedData), m.Type.Equal(OIDAuthEnvelopedData):
		return d, d.envelope(m.r)
	case m.Type.Equal(OIDSignedData):
		return d, d.signed(m.r, content)
	}
	return d, nil
}

func (d *Description) envelope(r *ber.Reader) error {
	e, err := readEnvelope(r)
	if err != nil {
		return err
	}
	d.Inner, d.Cipher, d.CipherName = e.inner, e.cipher.oid, wordFor(e.cipher)
	if row, known := cipherByOID(e.cipher.oid); known {
		d.Misplaced = row.cipher.Authenticated() != d.ContentType.Equal(OIDAuthEnvelopedData)
	}
	left := maxNamed
	for _, info := range e.recipients {
		one := info.describe()
		one.To = one.To[:min(left, len(one.To))]
		left -= len(one.To)
		d.Recipients = append(d.Recipients, one)
	}
	return r.Finish()
}

func (d *Description) signed(r *ber.Reader, content io.Writer) error {
	s, err := readSigned(r, content)
	if err != nil {
		return err
	}
	d.Inner, d.Opaque, d.Digests = s.ContentType, s.inside, s.digestOIDs
	d.Certificates, d.Unreadable = s.Certificates, s.Unreadable
	for _, oid := range s.digestOIDs {
		d.DigestNames = append(d.DigestNames, wordFor(algorithm{oid: oid}))
	}
	for _, der := range s.signers {
		info, ok := readSignerInfo(der)
		if !ok {
			return malformed("signer")
		}
		d.Signers = append(d.Signers, info.describe(&s.Signed))
	}
	return nil
}

func (i signerInfo) describe(s *Signed) SignerDescription {
	d := SignerDescription{Identifier: i.by.public(), Attributes: i.attributes != nil}
	if row, known := digestByOID(i.digest.oid); known {
		d.Algorithms = schemeOf(i.scheme, row).words(row)
	}
	if d.Algorithms == "" {
		d.Algorithms = wordFor(i.digest) + ", " + wordFor(i.scheme)
	}
	if found := s.named(i.by); len(found) > 0 {
		d.Certificate = found[0]
	}
	if attributes, ok := readAttributes(i.attributes); ok {
		d.Time, d.Capabilities = attributes.time(), attributes.capabilities()
	}
	return d
}
