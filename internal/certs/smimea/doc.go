// Package smimea finds the certificates that mail domains publish in DNS for their people, signed with DNSSEC (RFC 8162). It is
// a certs.Source.
//
//	address ─▶ name: hash of the local part, _smimecert, domain ─▶ one question to the validating resolver on this machine
//	                                                                     │
//	   SERVFAIL, refused, nothing: silent ◀──────────────────────────────┤
//	   insecure (AD=0), or secure and empty: nothing there ◀─────────────┤
//	   secure (AD=1): aliases ─▶ SMIMEA records ─▶ usage, selector, matching ─▶ certificates
//
// The wiring makes one, where the administrator has set up a resolver, and gives it to the Finder of package certs.
//
// The signatures are checked by the resolver, and all that comes of it here is one bit, AD. That bit is worth as much as the way
// to who sets it (RFC 4035 section 4.9.3, RFC 6840 section 5.8), so nobody but a resolver on this machine is asked, and Check
// proves that it validates. Most of the world's domains are not signed; of them nothing is taken.
//
// It must never take a certificate from an answer that is not secure, never take a domain whose signatures do not hold for one
// that has nothing, and never put the name that it asks for into a log or an error: it is made of the address.
package smimea
