package smime

import (
	"crypto"
	"crypto/x509"
	"io"
	"time"
)

// Key opens what was encrypted for Certificate.
type Key struct {
	Certificate *x509.Certificate
	Private     crypto.PrivateKey
}

// OpenOptions says whom to trust, what time it is, and how much to take in.
type OpenOptions struct {
	Roots, Intermediates *x509.CertPool // nil Roots: no path is good; the machine's own roots are never used
	Now                  time.Time      // our time: never the signer's own word for it
	MaxSize              int64          // 0: DefaultMaxSize
}

// Opened is what was inside, and how it was protected.
type Opened struct {
	Entity []byte
	Layers []Layer
}

// LayerKind is what was wrapped around.
type LayerKind int

const (
	Encrypted LayerKind = iota + 1
	ClearSigned
	OpaqueSigned
)

// Layer is one wrapping that was taken off, outermost first.
type Layer struct {
	Kind       LayerKind
	Algorithms string
	Signatures []Signature
}

// Signature is one signer's mark on a layer.
type Signature struct {
	Certificate  *x509.Certificate
	SigningTime  time.Time
	Good         bool
	Weak         bool
	PathVerified bool
	Addresses    []string
}

func Open(r io.Reader, keys []Key, o OpenOptions) (*Opened, error) { panic("being written") }
