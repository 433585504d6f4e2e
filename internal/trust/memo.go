package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"sync"
	"time"
)

// maxKnown certificates are remembered: more than an institution writes to in a day. Each costs a few hundred bytes.
const maxKnown = 4096

// memo remembers paths that have been verified, because twenty recipients cost forty signature checks at every look at
// the draft. What time changes is asked again each time; failures are not remembered, so nobody fills it who has no certificate
// of an authority of ours, and who has one makes us forget at worst.
type memo struct {
	mu    sync.Mutex
	paths map[search][][]*x509.Certificate
}

// search is a certificate and the issuers suggested with it, by their hash. The suggestions are part of it, or who sends
// somebody's mail on with an authority's revoked certificate would have that way remembered, and the good one never looked for.
type search [sha256.Size]byte

func searchOf(certificate *x509.Certificate, more []*x509.Certificate) search {
	sum := sha256.New()
	sum.Write(certificate.Raw) // DER says where it ends
	for _, issuer := range more {
		sum.Write(issuer.Raw)
	}
	return search(sum.Sum(nil))
}

// get gives what is remembered of the search, if all of it is still within its time.
func (m *memo) get(of search, now time.Time) ([][]*x509.Certificate, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	paths, known := m.paths[of]
	if !known || slices.ContainsFunc(slices.Concat(paths...), func(c *x509.Certificate) bool {
		return now.Before(c.NotBefore) || now.After(c.NotAfter)
	}) {
		return nil, false
	}
	return paths, true
}

func (m *memo) put(of search, paths [][]*x509.Certificate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.paths) >= maxKnown {
		clear(m.paths) // rare, and verifying all again takes a second
	}
	m.paths[of] = paths
}
