package smime

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"aau.dk/sendsikker/internal/cms"
)

// signing takes the entity in and writes it on, signed in one of the forms.
type signing interface {
	io.Writer
	begin() error
	end() error
}

func (p Profile) signing(s Signer, now time.Time, out *sealer) (signing, error) {
	if p.Form == Unsigned {
		return unsigned{out}, nil
	}
	if s.Certificate == nil || s.Key == nil {
		return nil, signerFault(errors.New("smime: no signer"))
	}
	config := cms.SignConfig{
		Certificate: s.Certificate,
		Chain:       s.Chain,
		Key:         s.Key,
		Digest:      digestFor(s.Certificate.PublicKey),
		PSS:         p.PSS,
		Time:        now,
		Opens:       p.Opens,
		EncryptTo:   encryptTo(s.Certificate),
	}
	if p.Form == Opaque {
		return newOpaque(config, out)
	}
	signature, err := cms.NewSignature(config)
	if err != nil {
		return nil, signerFault(err)
	}
	return &detached{out: out, signature: signature, digest: config.Digest, boundary: newBoundary()}, nil
}

// encryptTo is the certificate that answers should be encrypted to: the signer's own, unless its key usage says no.
func encryptTo(c *x509.Certificate) *x509.Certificate {
	if CheckRecipient(c) != nil || (c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageKeyAgreement) == 0) {
		return nil
	}
	return c
}

// newBoundary is 200 bits that the content cannot foresee, and "=_", which neither base64 nor quoted-printable can hold.
func newBoundary() string { return "=_" + rand.Text() + rand.Text() }

type unsigned struct{ out *sealer }

func (u unsigned) Write(p []byte) (int, error) { return u.out.fanOut(p) }
func (u unsigned) begin() error                { return nil }
func (u unsigned) end() error                  { return nil }

// detached is multipart/signed: the entity as it is, and a signature behind it.
type detached struct {
	out       *sealer
	signature *cms.Signature
	digest    crypto.Hash
	boundary  string
}

func (d *detached) Write(p []byte) (int, error) {
	_, _ = d.signature.Write(p) // a digest does not fail
	return d.out.fanOut(p)
}

func (d *detached) begin() error {
	return d.text("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n" +
		" micalg=" + micalg(d.digest) + "; boundary=\"" + d.boundary + "\"\r\n\r\n--" + d.boundary + "\r\n")
}

func (d *detached) text(s string) error {
	_, err := d.out.fanOut([]byte(s))
	return err
}

func (d *detached) end() error {
	p7s, err := d.signature.Finish()
	if err != nil {
		return signerFault(err)
	}
	// The CRLF before a delimiter belongs to the delimiter (RFC 2046 §5.1.1), so the signed bytes end right before it.
	body := newBase64Writer(writerFunc(d.out.fanOut), "\r\n--"+d.boundary+"\r\n"+signatureHeader)
	if _, err := body.Write(p7s); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	return d.text("\r\n--" + d.boundary + "--\r\n")
}

// opaque is signed-data around the entity, in base64.
type opaque struct {
	signer *cms.Opaque
	body   *base64Writer
	config cms.SignConfig
}

func newOpaque(config cms.SignConfig, out *sealer) (*opaque, error) {
	if _, err := cms.NewOpaque(io.Discard, config); err != nil { // before anything is written
		return nil, signerFault(err)
	}
	return &opaque{config: config, body: newBase64Writer(writerFunc(out.fanOut), cmsHeader("signed-data"))}, nil
}

func (o *opaque) begin() (err error) {
	if o.signer, err = cms.NewOpaque(o.body, o.config); err != nil {
		return signerFault(err)
	}
	return nil
}

func (o *opaque) Write(p []byte) (int, error) { return o.signer.Write(p) }

func (o *opaque) end() error {
	if err := o.signer.Close(); err != nil {
		return signerFault(err)
	}
	return o.body.Close()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
