package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
)

// KeyKind is the type and size of a key. The zero value lets the authority choose what its model in the real world uses.
type KeyKind int

const (
	Default KeyKind = iota
	RSA2048
	RSA3072
	P256
	P384
	P521
)

// generate makes a key. There is no parameter for the source of randomness: crypto/rsa and crypto/ecdsa ignore one
// since Go 1.26.
func generate(kind KeyKind) (crypto.Signer, error) {
	switch kind {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case Default:
	}
	return nil, fmt.Errorf("generating a key: unknown kind %d", kind)
}
