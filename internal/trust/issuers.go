package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"
)

// judgePaths looks for a path in every profile that may vouch, and fetches issuers that are missing.
func (j *Judge) judgePaths(ctx context.Context, certificate *x509.Certificate, subject Subject, now time.Time) Verdict {
	issuers := subject.Issuers[:min(len(subject.Issuers), maxSuggested)]
	got := j.judgeWith(ctx, certificate, subject, issuers, now)
	if !deadEnd(got) || j.issuers == nil {
		return got
	}
	// Nothing that we hold leads to where it may: ask where the certificate says that its issuer lies, and above it where that says.
	missing := []*x509.Certificate{certificate}
	for range maxFetchedLevels {
		var above []*x509.Certificate
		for _, below := range missing {
			for _, found := range j.issuers.Issuers(ctx, below) {
				if bytes.Equal(found.RawSubject, below.RawIssuer) && !slices.ContainsFunc(issuers, found.Equal) {
					above = append(above, found)
				}
			}
		}
		if len(above) == 0 {
			return got
		}
		above = above[:min(len(above), maxFetchedIssuers)]
		issuers = slices.Concat(issuers, above)
		if got = j.judgeWith(ctx, certificate, subject, issuers, now); !deadEnd(got) {
			return got
		}
		missing = above
	}
	return got
}

// deadEnd is whether other issuers could make the verdict another: what is wrong lies above the certificate. Authorities have
// more than one certificate each, and the one that came along may be the one that has expired or was taken back. Who sends
// somebody's mail on chooses it, for the authorities in a signed mail are not under the signature.
func deadEnd(v Verdict) bool {
	switch v.Code {
	case UnknownIssuer, IssuerExpired, BadPath:
		return true
	case Revoked, RevocationUnknown, RevocationUnpublished:
		return v.Evidence.Revocations[0].Status == StatusGood
	default:
		return false
	}
}

const (
	// maxSuggested issuers that came along are looked at: chains have two or three, and a stranger chose these.
	maxSuggested = 8
	// maxFetchedLevels above the certificate are fetched: no public chain has more between leaf and root.
	maxFetchedLevels = 3
	// maxFetchedIssuers of one level are followed: a cross-signed authority has two.
	maxFetchedIssuers = 4
)
