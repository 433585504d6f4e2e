// Package recipients is the page of the recipients' certificates that are kept here: those that an administrator has pinned to an address
// or a domain, and those learnt from signed mail, some of which wait for a decision.
//
// Used by api/admin. They belong to no mailbox, so that local administrators have no business here. It decides nothing: what may be pinned
// or approved is the shelf's to say.
package recipients
