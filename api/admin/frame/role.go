package frame

import (
	"slices"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

// Role is what somebody may be here; several at once are added together.
type Role uint8

const (
	Anybody       Role = 1 << iota // nobody need be signed in
	SignedIn                       // whoever has signed in, whatever else they may
	Local                          // looks after at least one mailbox: sees and changes what belongs to it
	Auditor                        // an app role: sees everything, changes nothing
	Administrator                  // an app role: sees and changes everything
)

// Readers are all that have business here.
const Readers = Local | Auditor | Administrator

// Visitor is who asks.
type Visitor struct {
	ID    string // object id; "" for who is not signed in
	Name  string // for people to read, never for deciding
	Roles Role
	Local []string // ids of the mailboxes that they look after
}

// Is says whether the visitor is one of these.
func (v Visitor) Is(roles Role) bool { return v.Roles&roles != 0 }

// Scope is what they may see: to be given to every query of the store.
func (v Visitor) Scope() store.Scope {
	return store.Scope{All: v.Is(Auditor | Administrator), Mailboxes: v.Local}
}

// Manages says whether they may change what belongs to a mailbox.
func (v Visitor) Manages(mailboxID string) bool {
	return v.Is(Administrator) || v.LooksAfter(mailboxID)
}

// LooksAfter says whether the mailbox has been given into their care. Subjects are for these alone: to run the service is no reason to
// read what a unit writes about.
func (v Visitor) LooksAfter(mailboxID string) bool { return slices.Contains(v.Local, mailboxID) }

// Actor is the visitor in the audit log.
func (v Visitor) Actor() audit.Actor { return audit.Actor{Kind: "user", ID: v.ID} }
