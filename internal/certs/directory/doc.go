// Package directory looks for recipients' certificates in an LDAP directory (RFC 4511): a certs.Source for every directory
// that the administrator names.
//
//	addresses ─▶ one key each ─▶ filters, 50 to a search ─▶ breaker ─▶ pool ─▶ connection ─▶ guard ─▶ server
//	                                                                                           │
//	candidates ◀─ certificates, userSMIMECertificate ◀─ whose is it? ◀─ entries ◀──────────────┘
//
// Package certs asks it; package app makes it from the settings. It is larger than most packages because what stands
// between a stranger's server and this program (guard, connection, pool, breaker) is of no use to anybody else.
//
// It must never take a directory that did not answer, or not fully, for one that has nothing; never give an entry's
// certificates to an address that the entry does not name; never follow a referral; never send a password over a connection
// that is not encrypted and checked; and never put an address, a filter, a password or a server's own words into an error or
// a log line. What a directory says binds nobody to anything: package trust judges each certificate by what is inside.
package directory
