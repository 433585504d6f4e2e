package trust

import (
	"context"
	"crypto/x509"
	"time"
)

// InOrder asks one source after another until one knows: lists that are held before a question over the network, which also
// tells the authority whom we write to.
func InOrder(sources ...RevocationSource) RevocationSource { return inOrder(sources) }

type inOrder []RevocationSource

// remembers is a source that can say, without asking anybody, that a certificate was revoked for good.
type remembers interface {
	Revoked(certificate, issuer *x509.Certificate) (Revocation, bool)
}

// Check gives the first answer that is one. Unpublished is what all of them say.
//
// What any source knows to be revoked goes before what another calls good: a responder that was asked while the list could not
// be had may know more than the list that comes back, which lives for days and may be played by somebody on the way.
func (o inOrder) Check(ctx context.Context, certificate, issuer *x509.Certificate) Revocation {
	for _, source := range o {
		if memory, has := source.(remembers); has {
			if revoked, known := memory.Revoked(certificate, issuer); known {
				return revoked
			}
		}
	}
	all := Revocation{Status: StatusUnpublished}
	denied := false
	for _, source := range o {
		answer := source.Check(ctx, certificate, issuer)
		switch answer.Status {
		case StatusGood, StatusRevoked:
			return answer
		case StatusUnpublished:
			continue
		case StatusUnknown:
		}
		// A responder that does not know the certificate has answered. It is no failure, for which a Grace would be.
		denied = denied || answer.Source != "" && answer.LapsedAt.IsZero()
		if answer.LapsedAt.Before(all.LapsedAt) {
			answer.LapsedAt = all.LapsedAt
		}
		answer.Status = StatusUnknown
		all = answer
	}
	if denied {
		all.LapsedAt = time.Time{}
	}
	return all
}
