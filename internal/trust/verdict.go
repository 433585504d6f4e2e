package trust

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// Verdict is the judgement of one certificate for one address. It is a value: it can be stored with the mail it allowed.
type Verdict struct {
	Code     Code
	Good     bool           // the certificate may be used
	Say      fault.Sentence // one thing for the sender to read, and what to do where it is bad
	Warnings []Warning      // only on a good verdict
	Evidence Evidence
}

// Warning is something that will matter soon, or that a Profile has chosen to accept.
type Warning struct {
	Code Code // ExpiresSoon, RevocationUnknown or RevocationUnpublished
	Say  fault.Sentence
}

// Evidence is what a verdict rests on.
type Evidence struct {
	CheckedAt   time.Time
	Profile     string       // the profile whose root the path ended at; "" when no path was found
	Path        []string     // SHA-256 fingerprints, the certificate first, the root last
	Revocations []Revocation // one for each of Path that was asked about, in that order
}

// Status is what is known about a certificate having been revoked.
type Status string

const (
	StatusUnknown     Status = ""            // it is published somewhere, but no usable answer could be had
	StatusUnpublished Status = "unpublished" // the certificate names no place to ask
	StatusGood        Status = "good"
	StatusRevoked     Status = "revoked"
)

// Revocation is one answer of a RevocationSource, with what it was read from.
type Revocation struct {
	Status      Status
	Certificate string    // fingerprint of the certificate asked about
	Number      string    // CRL number, decimal
	ThisUpdate  time.Time // of the list
	NextUpdate  time.Time
	RevokedAt   time.Time // zero unless revoked
	Cause       error     `json:"-"` // why it is unknown, for the log: it holds neither address nor content
}

// RevocationSource says whether certificate, signed by issuer, has been revoked. It waits no longer than ctx, and answers
// StatusUnknown for everything that it cannot prove.
type RevocationSource interface {
	Check(ctx context.Context, certificate, issuer *x509.Certificate) Revocation
}

// Fingerprint is the SHA-256 of the certificate, in lower-case hex.
func Fingerprint(certificate *x509.Certificate) string {
	digest := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(digest[:])
}
