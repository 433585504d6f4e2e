// Package keeper guards the keys that guard everything else at rest: it wraps small keys under the master key.
//
//	master key (a file of ours, or a key vault)
//	   └─ wraps a Key: one per message, one per mailbox key      (kept in the store, with the master key's version)
//	         └─ age-encrypts the bytes: spooled copies, a subject, a private key
//
// Used by spool, mailbox and sending. A Key is an age X25519 identity, so what rests on disk is an ordinary age file and
// no framing here is our own. Erasing a wrapped key erases what it guarded. The master key is never in the database, and
// no key is ever printed: the types have no method that shows them.
package keeper
