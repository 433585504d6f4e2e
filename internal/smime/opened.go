package smime

import (
	"crypto/x509"
	"errors"
	"io"
	"time"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/smime/header"
)

// Opened is what was inside, and how it was protected. Close it when the content is no longer needed.
type Opened struct {
	Layers []Layer // outermost first; none where the mail is no S/MIME
	// Header is the mail's real one: the fields under its protection where the sender put them there (RFC 9788, or RFC 8551
	// §3.1), else those outside, which anybody may have written.
	Header header.Protected
	From   string // the address of the only author in Header; "" where it names none or several
	hold   Hold
}

// Content reads the innermost MIME entity from its start: header fields and body, exactly as signed.
func (o *Opened) Content() (io.Reader, error) {
	if o.hold == nil {
		return nil, errNoContent
	}
	return o.hold.Reader()
}

var errNoContent = errors.New("smime: nothing was opened")

// Bytes is the whole of Content.
func (o *Opened) Bytes() ([]byte, error) {
	r, err := o.Content()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Close throws the content away.
func (o *Opened) Close() error {
	if o == nil || o.hold == nil {
		return nil
	}
	h := o.hold
	o.hold = nil
	return h.Close()
}

// LayerKind is what was wrapped around.
type LayerKind int

const (
	Encrypted    LayerKind = iota + 1 // enveloped-data, authEnveloped-data
	ClearSigned                       // multipart/signed
	OpaqueSigned                      // signed-data
	Compressed                        // compressed-data
)

func (k LayerKind) String() string {
	return map[LayerKind]string{Encrypted: "encrypted", ClearSigned: "clear-signed", OpaqueSigned: "opaque-signed", Compressed: "compressed"}[k]
}

// Layer is one wrapping that was taken off.
type Layer struct {
	Kind       LayerKind
	Algorithms string            // of an encrypted layer: "AES-256-CBC, RSA PKCS #1 v1.5"
	Recipients int               // of an encrypted layer: how many entries it had
	Key        *x509.Certificate // of an encrypted layer: ours, that opened it
	// Intact: the encryption itself proves that nobody altered the content on its way (AES-GCM, ChaCha20-Poly1305). Who
	// wrote it, only a signature tells.
	Intact     bool
	Signatures []Signature // of a signed layer
}

// Signature is one signer's mark on a layer.
type Signature struct {
	Certificate *x509.Certificate // nil where the mail does not hold it
	Algorithms  string            // "SHA-256, RSA PKCS #1 v1.5"; "" where unknown
	SigningTime time.Time         // the signer's word for it; zero where absent
	Good        bool              // covers the content, fits the certificate, and is strong enough to prove it
	Weak        bool              // fits, but over SHA-1 or by a short key: not Good
	// PathVerified: the signature is Good, and the certificate leads to one of the roots at OpenOptions.Now and may sign
	// mail. Revocation is not looked at.
	PathVerified bool
	Addresses    []string // the e-mail addresses in the certificate
	// FromAgrees: the signature is Good, and Opened.From is among Addresses (RFC 8550 §3). Where it is not, the signer is
	// somebody else than the mail claims, or, as with the Danish OCES certificates, the certificate names no address.
	FromAgrees   bool
	Capabilities cms.Capabilities  // what the signer can open, best first; only where Good
	EncryptTo    *x509.Certificate // the certificate that the signer asks to be written to; only where Good, nil where absent
	// Bag is every certificate that came with the layer: chains, and whatever else somebody put there. None is trusted for it.
	Bag []*x509.Certificate
}
