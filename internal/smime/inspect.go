package smime

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/smime/entity"
)

// Inspect tells what a mail or entity shows to anybody, without a key and without checking anything: what stands in a Report
// is its maker's claim. It reads at most limit octets; 0 is DefaultMaxSize.
//
// With an error, the Report has what was seen before it. The error is a *fault.Fault, or r's own.
func Inspect(r io.Reader, limit int64) (*Report, error) {
	if limit <= 0 {
		limit = DefaultMaxSize
	}
	i := &inspector{limit: limit}
	err := i.inspect(&limited{r: r, left: limit})
	report := &Report{Layers: i.layers, Content: i.content}
	switch {
	case errors.Is(err, errTooLarge):
		return report, tooLargeFault()
	case err != nil:
		return report, openFault(err)
	}
	return report, nil
}

// inspector is one Inspect under way.
type inspector struct {
	limit   int64
	layers  []InspectedLayer
	content string
}

func (i *inspector) inspect(source io.Reader) error {
	e, err := entity.Read(source)
	if err != nil {
		return err
	}
	protection := e.Protection()
	if protection != entity.Unprotected && len(i.layers) == maxLayers {
		return errTooDeep
	}
	switch protection {
	case entity.ClearSigned:
		return i.clear(e)
	case entity.CMS:
		return i.cms(e)
	case entity.Unprotected:
		i.content = Printable(e.Media)
	}
	_, err = io.Copy(io.Discard, e.Body)
	return err
}

// add gives the place of a new layer: more may be appended before it is filled in.
func (i *inspector) add(kind LayerKind) int {
	i.layers = append(i.layers, InspectedLayer{Kind: kind.String()})
	return len(i.layers) - 1
}

func (i *inspector) clear(e *entity.Entity) error {
	at := i.add(ClearSigned)
	i.layers[at].Micalg = Printable(e.Parameters["micalg"])
	parts, err := e.Split()
	if err != nil {
		return err
	}
	// What is signed need not be an entity: it is looked into as far as it is one, and the signature behind it all the same.
	inside := i.inspect(parts)
	if _, err := io.Copy(io.Discard, parts); err != nil {
		return err
	}
	signature, err := parts.Signature()
	if err != nil {
		return err
	}
	d, err := cms.Inspect(signature.Decoded())
	if err != nil {
		return err
	}
	if !d.ContentType.Equal(cms.OIDSignedData) {
		return cms.ErrWrongType
	}
	i.layers[at].signed(d)
	if _, err := io.Copy(io.Discard, e.Body); err != nil {
		return err
	}
	return inside
}

func (i *inspector) cms(e *entity.Entity) error {
	m, err := cms.ReadMessage(e.Decoded())
	if err != nil {
		return err
	}
	switch {
	case m.Type.Equal(cms.OIDSignedData):
		err = i.opaque(m)
	case m.Type.Equal(cms.OIDCompressedData):
		i.add(Compressed)
		var inside io.Reader
		if inside, err = m.Decompress(i.limit); err == nil {
			err = i.inspect(inside)
		}
	case m.Type.Equal(cms.OIDEnvelopedData), m.Type.Equal(cms.OIDAuthEnvelopedData):
		at := i.add(Encrypted)
		var d *cms.Description
		d, err = m.Inspect(io.Discard)
		i.layers[at].encrypted(d)
	default:
		return cms.ErrUnsupported
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, e.Body)
	return err
}

// opaque looks into the content while it streams by: the signers stand behind it.
func (i *inspector) opaque(m *cms.Message) error {
	at := i.add(OpaqueSigned)
	content, sink := io.Pipe()
	inside := make(chan error, 1)
	go func() {
		err := i.inspect(content)
		_, _ = io.Copy(io.Discard, content) // what is left, or the writer would wait for ever
		inside <- err
	}()
	d, err := m.Inspect(sink)
	_ = sink.Close() // always nil
	nested := <-inside
	switch {
	case err != nil:
		return err
	case !d.Opaque: // a detached signature on its own, a list of certificates
		i.layers[at].Kind = detachedSignature
		nested = nil
	}
	i.layers[at].signed(d)
	return nested
}

// detachedSignature is a SignedData whose content stands elsewhere, or that is a bag of certificates.
const detachedSignature = "signature-only"

func (l *InspectedLayer) signed(d *cms.Description) {
	l.Digests = d.DigestNames
	l.UnreadableCertificates = d.Unreadable
	for _, s := range d.Signers {
		one := InspectedSigner{
			Certificate: named(s.Identifier), Algorithms: s.Algorithms, SignedAttributes: s.Attributes,
			Capabilities: s.Capabilities.String(), Included: s.Certificate != nil,
		}
		if !s.Time.IsZero() {
			at := s.Time
			one.SigningTime = &at
		}
		l.Signers = append(l.Signers, one)
	}
	for _, c := range d.Certificates {
		l.Certificates = append(l.Certificates, certificate(c))
	}
}

func (l *InspectedLayer) encrypted(d *cms.Description) {
	l.Cipher = d.CipherName
	l.Authenticated = d.ContentType.Equal(cms.OIDAuthEnvelopedData)
	l.Misplaced = d.Misplaced
	for _, r := range d.Recipients {
		one := InspectedRecipient{Kind: r.Kind.String(), Scheme: r.Scheme, Keys: r.Keys}
		for _, to := range r.To {
			one.Certificates = append(one.Certificates, named(to))
		}
		l.Recipients = append(l.Recipients, one)
	}
}

func named(id cms.Identifier) CertificateName {
	n := CertificateName{KeyID: hex.EncodeToString(id.KeyID[:min(len(id.KeyID), maxNumber)])}
	if id.Serial != nil {
		n.Issuer = DistinguishedName(id.Issuer)
		n.Serial = serial(id.Serial)
	}
	return n
}

func certificate(c *x509.Certificate) InspectedCertificate {
	out := InspectedCertificate{
		CertificateName: CertificateName{Issuer: DistinguishedName(c.RawIssuer), Serial: serial(c.SerialNumber)},
		Subject:         DistinguishedName(c.RawSubject),
		Key:             keyWords(c),
		NotBefore:       c.NotBefore, NotAfter: c.NotAfter,
		SelfIssued: bytes.Equal(c.RawIssuer, c.RawSubject),
	}
	list := addresses(c)
	for _, address := range list[:min(len(list), maxAddresses)] {
		out.Addresses = append(out.Addresses, Printable(address))
	}
	return out
}
