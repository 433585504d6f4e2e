package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// Where a candidate was found. The first two outrank the rest; see rank. A directory's name is SourceLDAP, a colon, and what
// the administrator calls it.
const (
	SourcePinned    = "pinned"    // an administrator put it there for this address or domain
	SourceMailbox   = "mailbox"   // one of our own function mailboxes
	SourceHarvested = "harvested" // from signed mail
	SourceLDAP      = "ldap"
	SourceSMIMEA    = "smimea"
)

// Candidate is a certificate that may be the recipient's.
type Candidate struct {
	Certificate  *x509.Certificate
	Source       string
	Bound        bool                // somebody who may say so tied it to the address or domain: the address need not be inside
	Vouched      bool                // somebody who may say so stands for this very certificate; see trust.Subject
	Domain       bool                // it is the whole domain's, and not this address's own
	Profiles     []string            // whose authorities may vouch for what this source gives; nil is all
	Issuers      []*x509.Certificate // came along with it
	Capabilities []byte              // what its owner can open: SMIMECapabilities, DER (RFC 8551 section 2.5.2); nil where unknown
	Added        time.Time           // when the source learnt of it
}

func (c Candidate) subject(address string) trust.Subject {
	return trust.Subject{
		Certificate: c.Certificate, Address: address, Bound: c.Bound, Vouched: c.Vouched, Profiles: c.Profiles, Issuers: c.Issuers,
	}
}

// ErrStore is in the error of a source that is our own database. While that is away nothing can be sent to anybody, so it is no
// silent directory, of which the sender is told at a recipient, but the end of the whole question.
var ErrStore = errors.New("our own store did not answer")

// Source is a place to look for certificates. Find is asked once for all recipients and answers under the addresses as
// they were asked for; an address that is missing from the answer has none there. An error makes the source silent: what
// came with it is used, and what did not come is not taken for absent. Errors hold no address: their code is logged.
type Source interface {
	Name() string
	Find(ctx context.Context, addresses []string) (map[string][]Candidate, error)
}

// Judger says whether a certificate may be used. *trust.Judge is one.
type Judger interface {
	Judge(ctx context.Context, subject trust.Subject) trust.Verdict
}

// Judged is a candidate, and whether and why it can be used.
type Judged struct {
	Candidate Candidate
	Verdict   trust.Verdict
}

// Choice is what was found for one address.
type Choice struct {
	Address string        // as it was asked for
	Chosen  *Candidate    // nil when none can be used; then Code and Say tell why
	Verdict trust.Verdict // of Chosen
	// Also is encrypted for beside Chosen, while a certificate is being replaced by a newer one: the recipient may not have the
	// new key everywhere yet. nil at all other times.
	Also     *Judged
	Why      fault.Sentence // why Chosen and none of the others; empty where there is none
	Rejected []Judged       // those that were ranked above Chosen, best first; all of them where there is none
	Others   []Judged       // those ranked below Chosen, best first; only from Explain
	Silent   []string       // sources that did not answer, sorted
	Omitted  int            // candidates beyond maxCandidates of their source, not looked at
	Reason
}

// Certificates are the ones to encrypt for.
func (c Choice) Certificates() []Candidate {
	if c.Chosen == nil {
		return nil
	}
	if c.Also == nil {
		return []Candidate{*c.Chosen}
	}
	return []Candidate{*c.Chosen, c.Also.Candidate}
}
