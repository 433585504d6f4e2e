package smime

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"aau.dk/sendsikker/internal/cms"
)

const (
	// DefaultMaxSize is what Open takes in unless told otherwise. Exchange Online accepts 150 MB at most; until Open
	// streams, a message is held in memory up to three times, so the limit is lower.
	DefaultMaxSize = 64 << 20
	// maxLayers: RFC 2634 §1.1 knows three (signed, encrypted, signed); gateways may add a pair.
	maxLayers = 8
)

// Key opens what was encrypted for Certificate: cms.Key says what Private may be.
type Key = cms.Key

// OpenOptions says whom to trust, what time it is, and how much to take in.
type OpenOptions struct {
	Roots, Intermediates *x509.CertPool // nil Roots: no path is good; the machine's own roots are never used
	Now                  time.Time      // when the mail reached us: never the signer's own word for it
	MaxSize              int64          // 0: DefaultMaxSize
}

// Opened is what was inside, and how it was protected.
type Opened struct {
	// Entity is the innermost MIME entity: header fields and body, exactly as signed. nil where the signature failed.
	Entity []byte
	Layers []Layer // outermost first; none where the mail is no S/MIME
}

// LayerKind is what was wrapped around.
type LayerKind int

const (
	Encrypted    LayerKind = iota + 1 // enveloped-data
	ClearSigned                       // multipart/signed
	OpaqueSigned                      // signed-data
)

func (k LayerKind) String() string {
	return map[LayerKind]string{Encrypted: "encrypted", ClearSigned: "clear-signed", OpaqueSigned: "opaque-signed"}[k]
}

// Layer is one wrapping that was taken off.
type Layer struct {
	Kind       LayerKind
	Algorithms string            // of an encrypted layer: "AES-256-CBC, RSA PKCS #1 v1.5"
	Recipients int               // of an encrypted layer: how many entries it had
	Key        *x509.Certificate // of an encrypted layer: ours, that opened it
	Signatures []Signature       // of a signed layer
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
	Addresses    []string // the e-mail addresses in the certificate; whether From is among them is the caller's question
}

// Open decrypts and verifies a whole mail or entity, layer by layer, in memory up to OpenOptions.MaxSize. Keys are tried by
// the recipient's name in the message only.
//
// The error is a *fault.Fault, or what r gave. Where an encrypted layer was taken off, everything that goes wrong from there
// on has the same code and sentence: whoever could tell bad padding from a bad signature could read the mail (Vaudenay 2002,
// EFAIL 2018). A clear-signed mail whose signature is bad comes back with its Layers, the error, and no Entity.
//
// A nil error does not mean that anybody signed: look at Layers. A weak or uncheckable signature counts as none.
func Open(r io.Reader, keys []Key, o OpenOptions) (*Opened, error) {
	if o.Now.IsZero() {
		return nil, errors.New("smime: opening needs the time of receipt")
	}
	limit := o.MaxSize
	if limit <= 0 {
		limit = DefaultMaxSize
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, tooLargeFault()
	}
	w := &opener{keys: keys, options: o, entity: data}
	if err := w.run(); err != nil {
		if w.sealed {
			return nil, notOpenedFault(err)
		}
		return &Opened{Layers: w.layers}, openFault(err)
	}
	return &Opened{Entity: w.entity, Layers: w.layers}, nil
}

// opener is one Open under way.
type opener struct {
	keys    []Key
	options OpenOptions
	entity  []byte // what is left inside
	layers  []Layer
	sealed  bool // a private key has been at work

	followed int // signers whose path was looked for
}

var (
	errTooDeep   = errors.New("smime: too many layers")
	errNoMIME    = errors.New("smime: not a MIME entity")
	errNoSigners = errors.New("smime: nobody signed")
)

func (o *opener) run() error {
	for {
		e, ok := parseEntity(o.entity)
		switch n := len(o.layers); {
		case n == 0 && !ok:
			return errNoMIME
		case n > 0 && o.layers[n-1].Kind == Encrypted && !e.typed:
			return cms.ErrDecrypt // noise: the content key was forged, and nothing else may be said
		case !ok:
			return nil // a signature vouches for whatever stands under it
		}
		protection := e.protection()
		if protection == unprotected {
			return nil
		}
		if len(o.layers) == maxLayers {
			return errTooDeep
		}
		var err error
		if protection == clearSigned {
			err = o.clear(e)
		} else {
			err = o.cms(e)
		}
		if err != nil {
			return err
		}
	}
}

// cms opens application/pkcs7-mime by what the message says of itself: smime-type is often wrong or missing.
func (o *opener) cms(e entity) error {
	der, err := e.decode()
	if err != nil {
		return err
	}
	var plain bytes.Buffer
	decrypted, err := cms.Decrypt(&plain, bytes.NewReader(der), o.keys)
	if errors.Is(err, cms.ErrWrongType) {
		return o.opaque(der)
	}
	if err != nil {
		o.sealed = o.sealed || errors.Is(err, cms.ErrDecrypt)
		return err
	}
	o.sealed = true
	o.layers = append(o.layers, Layer{
		Kind:       Encrypted,
		Algorithms: decrypted.Cipher.String() + ", " + decrypted.KeyScheme,
		Recipients: decrypted.Recipients,
		Key:        decrypted.Key,
	})
	o.entity = plain.Bytes()
	return nil
}

func (o *opener) opaque(der []byte) error {
	var content bytes.Buffer
	signed, err := cms.ReadSigned(bytes.NewReader(der), nil, &content)
	if err != nil {
		return err
	}
	return o.accept(OpaqueSigned, signed, content.Bytes())
}

// clear verifies multipart/signed over the exact bytes, and where those fail over the same lines with CRLF: mail stores and
// some gateways change line ends.
func (o *opener) clear(e entity) error {
	content, signature, ok := e.splitSigned()
	if !ok {
		return errNoMIME
	}
	der, err := signature.decode()
	if err != nil {
		return err
	}
	signed, err := cms.ReadSigned(bytes.NewReader(der), bytes.NewReader(content), io.Discard)
	if err != nil {
		return err
	}
	if altered(signed) {
		if lines := canonical(content); !bytes.Equal(lines, content) {
			again, err := cms.ReadSigned(bytes.NewReader(der), bytes.NewReader(lines), io.Discard)
			if err == nil && !altered(again) {
				signed, content = again, lines
			}
		}
	}
	return o.accept(ClearSigned, signed, content)
}
