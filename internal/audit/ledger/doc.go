// Package ledger keeps the audit log up as proof, on whichever machine it is asked to.
//
//	each minute  Keep: rows that were committed since get their numbers and hashes (store.ChainAudit)
//	once a day   the details whose time is over are erased, the log is shortened to its own time, and its end is signed
//	when asked   Export: the log, or what a filter holds of it, as JSON Lines that can be verified, or as CSV
//
// The key that signs is made at the first Keep, wrapped by the keeper and kept in the store. The head that is signed is also logged,
// because a log of another machine's is what an administrator of this database cannot change.
//
// Used by app and by the API. It never rewrites a row, and never signs for anybody who asks: only the end of the chain, and what it
// itself exports.
package ledger
