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
	Code Code // ExpiresSoon, Vouched, RevocationUnknown, RevocationGrace or RevocationUnpublished
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
	Source      string    // "crl" or "ocsp"; "" where nobody answered
	Certificate string    // fingerprint of the certificate asked about
	Number      string    // CRL number, decimal
	ThisUpdate  time.Time // of the list or answer
	NextUpdate  time.Time
	RevokedAt   time.Time // zero unless revoked
	// LapsedAt is when the newest answer that said "good" went out of date, where none that is current can be had. Zero where
	// there never was one. Only a Profile with a Grace makes anything of it.
	LapsedAt time.Time
	Cause    error `json:"-"` // why it is unknown, for the log: it holds neither address nor content
}

// RevocationSource says whether certificate, signed by issuer, has been revoked. It waits no longer than ctx, and answers
// StatusUnknown for everything that it cannot prove.
type RevocationSource interface {
	Check(ctx context.Context, certificate, issuer *x509.Certificate) Revocation
}

// IssuerSource fetches the certificates of issuers that a certificate says where to find (RFC 5280 section 4.2.2.1). What it
// gives is a suggestion for a path, trusted for nothing; nothing is a normal answer. It waits no longer than ctx.
type IssuerSource interface {
	Issuers(ctx context.Context, certificate *x509.Certificate) []*x509.Certificate
}

// Fingerprint is the SHA-256 of the certificate, in lower-case hex.
func Fingerprint(certificate *x509.Certificate) string {
	digest := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(digest[:])
}
