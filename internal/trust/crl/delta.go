package crl

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

// addsTo is whether a delta list may be put upon a complete one, after RFC 5280 sections 5.2.4 and 6.3.3 (c): the same
// authority with the same key, about the same; made for this complete list or one before it, and not before this one.
//
// When no delta list can be had, or only one that is out of date, a current complete list answers alone: its authority has
// signed that until nextUpdate it is what to go by, and RFC 5280 section 5.2.4 leaves it to the user of lists whether to use
// deltas at all. To refuse would make mail depend on a second server for a sharper answer than the authority promises.
func (l *List) addsTo(complete *List) bool {
	return l.base != nil && complete.base == nil && complete.number != nil &&
		l.signer == complete.signer && bytes.Equal(l.scopeDER, complete.scopeDER) && bytes.Equal(l.keyID, complete.keyID) &&
		complete.number.Cmp(l.base) >= 0 && l.number.Cmp(complete.number) >= 0
}

// deltas gives the delta lists that the certificate or its complete list names, the oldest first. Those that cannot be had
// are not there; the log has why.
func (s *Source) deltas(ctx context.Context, signer *x509.Certificate, complete *List, certificate *x509.Certificate) []*List {
	ctx, cancel := context.WithTimeout(ctx, deltaPatience)
	defer cancel()
	var found []*List
	for _, ask := range deltaAsks(signer, complete, certificate) {
		if list, _ := s.list(ctx, ask); list != nil && list.addsTo(complete) {
			s.fits(ask, list)
			found = append(found, list)
		}
	}
	slices.SortFunc(found, func(a, b *List) int { return a.number.Cmp(b.number) })
	return found
}

// deltaAsks are the delta lists to ask for, those that the certificate names first (RFC 5280 section 4.2.1.15), then those of
// the complete list (section 5.2.6).
func deltaAsks(signer *x509.Certificate, complete *List, certificate *x509.Certificate) []ask {
	var found []ask
	for _, address := range overHTTP(append(point.Freshest(certificate.Extensions), complete.freshest...)) {
		one := ask{address: address, signer: signer, delta: true}
		if len(found) < maxDeltas && !slices.Contains(found, one) {
			found = append(found, one)
		}
	}
	return found
}
