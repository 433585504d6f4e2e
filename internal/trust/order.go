package trust

import (
	"context"
	"crypto/x509"
)

// InOrder asks one source after another until one knows: lists that are held before a question over the network, which also
// tells the authority whom we write to.
func InOrder(sources ...RevocationSource) RevocationSource { return inOrder(sources) }

type inOrder []RevocationSource

// Check gives the first answer that is one. Unpublished is what all of them say.
func (o inOrder) Check(ctx context.Context, certificate, issuer *x509.Certificate) Revocation {
	all := Revocation{Status: StatusUnpublished}
	for _, source := range o {
		answer := source.Check(ctx, certificate, issuer)
		switch answer.Status {
		case StatusGood, StatusRevoked:
			return answer
		case StatusUnpublished:
			continue
		case StatusUnknown:
		}
		if answer.LapsedAt.Before(all.LapsedAt) {
			answer.LapsedAt = all.LapsedAt
		}
		answer.Status = StatusUnknown
		all = answer
	}
	return all
}
