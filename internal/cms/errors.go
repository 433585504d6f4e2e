package cms

import (
	"errors"
	"fmt"

	"aau.dk/sendsikker/internal/cms/ber"
)

var (
	// ErrMalformed: the bytes are not what RFC 5652 says they should be, or stop too early, or ask for too much.
	ErrMalformed = ber.ErrMalformed
	// ErrWrongType: a well-formed ContentInfo of another content type than asked for.
	ErrWrongType = errors.New("cms: another content type than asked for")
	// ErrNoRecipient: none of our certificates is named among the recipients. That is public knowledge, not an oracle.
	ErrNoRecipient = errors.New("cms: not encrypted for any of the given keys")
	// ErrUnsupported: an algorithm that this package does not do. It says nothing about a key.
	ErrUnsupported = errors.New("cms: unsupported algorithm")
	// ErrDecrypt is the only answer to everything that goes wrong once a private key is in play (RFC 3218 §2.3.2).
	ErrDecrypt = errors.New("cms: decryption failed")
	// ErrNotAsked is for keys that live in a device, and theirs to give: the device could not be asked, or never does what was
	// asked of it. It must be given for reasons alone that anybody can know, and never for what was to be decrypted.
	ErrNotAsked = errors.New("cms: the private key could not be asked")

	// ErrSignature: the signature does not fit the content, the attributes or the certificate.
	ErrSignature = errors.New("cms: the signature does not verify")
	// ErrWeak: the signature fits, but over SHA-1, with which two contents can be made to share a signature, or by an RSA
	// key below MinRSABits.
	ErrWeak = errors.New("cms: the signature fits, but is too weak to prove anything")
	// ErrNoCertificate: the signer's certificate is not in the message.
	ErrNoCertificate = errors.New("cms: the signer's certificate is missing")
)

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }
