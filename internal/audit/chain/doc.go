// Package chain is the arithmetic of the audit log as proof: how a row becomes a hash, a log a file, and a file a verdict.
//
//	row ──commitment = SHA-256(salt, detail)──▶ line = SHA-256(all other fields, commitment)
//	hash n = SHA-256(hash n-1, n, line n)        checkpoint = Ed25519 over (number, time, n, hash n)
//
// The detail, which names recipients, is in the chain only as a salted commitment: erased together with its salt, nothing can be
// guessed from what is left, and the chain stays verifiable. A row that a filter leaves out of a file stands there as its line's hash, so
// that a part of the log is as verifiable as the whole.
//
// Used by ledger, which keeps the log, and by `sendsikker audit verify`, which needs nothing but the file. It reads no database and no
// clock, trusts nothing in a file, and never holds more of one than a few lines and the first thousand of its faults.
package chain
