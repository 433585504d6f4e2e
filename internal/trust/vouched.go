package trust

import (
	"context"
	"crypto/x509"
	"time"
)

// vouchable is whether the word of somebody who vouches can stand in for what is missing. It cannot stand against what is
// known: a revoked certificate, or one that bears another signature than it says.
func vouchable(code Code) bool {
	switch code {
	case UnknownIssuer, WrongProfile, WrongPolicy, IssuerExpired, RevocationUnpublished:
		return true
	default:
		return false
	}
}

// takenBack judges the paths of a certificate that somebody vouches for, in a profile that does not take it. Their word can stand
// in for what the profile misses, but not for what the authority has taken back; nor for not knowing whether it has, or whoever
// keeps its answers from us decides.
func (j *Judge) takenBack(ctx context.Context, profile Profile, paths [][]*x509.Certificate, now time.Time) Verdict {
	var best Verdict
	for i, path := range paths {
		got := j.judgePath(ctx, profile, path, now)
		if got.Code == Revoked {
			return got
		}
		if i == 0 || got.Code != RevocationUnknown {
			best = got // one path without doubt is enough
		}
	}
	return best
}
