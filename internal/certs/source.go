package certs

import (
	"context"
	"crypto/x509"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

// Where a candidate was found. The first two outrank the rest; see rank.
const (
	SourcePinned    = "pinned"    // an administrator put it there for this address or domain
	SourceMailbox   = "mailbox"   // one of our own function mailboxes
	SourceHarvested = "harvested" // from signed mail
	SourceLDAP      = "ldap"
	SourceSMIMEA    = "smimea"
)

// Candidate is a certificate that may be the recipient's.
type Candidate struct {
	Certificate *x509.Certificate
	Source      string
	Bound       bool      // an administrator tied it to the address or domain: the address need not be inside
	Added       time.Time // when the source learnt of it
}

// Source is a place to look for certificates. Find is asked once for all recipients and answers under the addresses as
// they were asked for; an address that is missing from the answer has none there. An error makes the source silent: what
// came with it is used, and what did not come is not taken for absent. Errors hold no address: their code is logged.
type Source interface {
	Name() string
	Find(ctx context.Context, addresses []string) (map[string][]Candidate, error)
}

// Judger says whether a certificate may be used. *trust.Judge is one.
type Judger interface {
	Judge(ctx context.Context, certificate *x509.Certificate, address string, bound bool) trust.Verdict
}

// Judged is a candidate that cannot be used, and why.
type Judged struct {
	Candidate Candidate
	Verdict   trust.Verdict
}

// Choice is what was found for one address.
type Choice struct {
	Address  string        // as it was asked for
	Chosen   *Candidate    // nil when none can be used; then Code and Say tell why
	Verdict  trust.Verdict // of Chosen
	Rejected []Judged      // those that were ranked above Chosen, best first; all of them where there is none
	Silent   []string      // sources that did not answer, sorted
	Omitted  int           // candidates beyond maxCandidates, not looked at
	Reason
}
