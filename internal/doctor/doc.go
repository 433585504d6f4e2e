// Package doctor looks at an installation from outside, as its callers and Outlook do, and says in one sentence a line what is well and what
// is not, and how it is mended:
//
//	Report ◀─ Certificate, Public (TLS) · Tenant (Entra, clock, redirects) · Token · AddIn (manifest, pages, icons)
//
// Package app is its user, and adds what only it can see: database, spool, keys, mailboxes, directories. It must never print a token, a
// secret or what an answer says in its own words; and it changes nothing anywhere.
package doctor
