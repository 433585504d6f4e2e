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
// the draft. What time changes is asked again each time; failures are not remembered, so strangers cannot fill it.
type memo struct {
	mu    sync.Mutex
	paths map[[sha256.Size]byte][][]*x509.Certificate
}

// get gives what is remembered of certificate, if all of it is still within its time.
func (m *memo) get(certificate *x509.Certificate, now time.Time) ([][]*x509.Certificate, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	paths, known := m.paths[sha256.Sum256(certificate.Raw)]
	if !known || slices.ContainsFunc(slices.Concat(paths...), func(c *x509.Certificate) bool {
		return now.Before(c.NotBefore) || now.After(c.NotAfter)
	}) {
		return nil, false
	}
	return paths, true
}

func (m *memo) put(certificate *x509.Certificate, paths [][]*x509.Certificate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.paths) >= maxKnown {
		clear(m.paths) // rare, and verifying all again takes a second
	}
	m.paths[sha256.Sum256(certificate.Raw)] = paths
}
