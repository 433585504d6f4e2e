// Package keeper guards the keys that guard everything else at rest: it wraps small keys under the master key.
//
//	master key: a ring of versions, in a file of ours or in a key vault
//	   │  current ──▶ wraps and unwraps        the others ──▶ unwrap only
//	   └─ wraps a Key: one per message, one per mailbox key      (kept in the store, with the master key's version)
//	         └─ age-encrypts the bytes: spooled copies, a subject, a private key
//
// A new version comes into use without a restart, in this order, so that no replica meets a version that it does not hold:
//
//	file     Rotate puts a new first line in; every process that reads the file finds it when it meets something wrapped
//	         under it, or within a minute. Machines with files of their own get the line as their second first
//	vault    the new version's URL goes last in every replica's list, and then first in every replica's
//	then     two minutes later, when nobody wraps under the old version any more: Rewrap everything in the store, see that the
//	         store names the old version nowhere, and Forget it (or take its URL out)
//
// Used by spool, mailbox, sending and app. A Key is an age X25519 identity, so what rests on disk is an ordinary age file and
// no framing here is our own. Erasing a wrapped key erases what it guarded. The master key is never in the database, and
// no key is ever printed: the types have no method that shows them, and no answer of a vault is quoted in an error.
package keeper
