//go:build !cgo

package token

import (
	"context"
	"crypto"
	"errors"

	"aau.dk/sendsikker/internal/device"
)

// Library is what a build without cgo has instead.
type Library struct{}

// New gives none: better said at the start than with the first mail.
func New(Config) (*Library, error) {
	return nil, errors.New("this program was built without PKCS #11 support; build it with CGO_ENABLED=1 go build and a C compiler, or take pkcs11-module out of the settings")
}

// Open implements device.Source.
func (*Library) Open(context.Context, device.Reference) (crypto.Signer, error) {
	return nil, device.Cannot("built without PKCS #11 support")
}

// Close implements io.Closer.
func (*Library) Close() error { return nil }
