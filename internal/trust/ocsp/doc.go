// Package ocsp asks an authority online whether it has revoked a certificate (RFC 6960; the nonce of RFC 9654), checks the
// answer and keeps it for a while. It is a trust.RevocationSource beside package crl.
//
//	Check ─▶ held and current? ──yes──▶ good / revoked
//	              └─no──▶ CertID, nonce ─POST, guarded─▶ Parse ─▶ the responder's own certificate ─▶ hold
//
//	Parse:  successful ─▶ basic ─▶ signed by issuer or delegate ─▶ nonce ─▶ our CertID ─▶ critical? ─▶ in its time ─▶ Answer
//
// How Check decides:
//
//	the certificate names no responder                        unpublished
//	good, signed, about this certificate, in its time         good, for as long as the answer says
//	revoked, the same                                         revoked, for ever
//	revoked for certificateHold, the same                     revoked, until a newer answer says "good"
//	unknown, the same                                         unknown, and asked again in a minute
//	anything else: other signer, nonce, time, no answer …     as before: what is held counts in its time
//	nothing is held, or a "good" whose time is over           unknown, the latter with LapsedAt
//
// The signature is verified here because golang.org/x/crypto/ocsp knows no RSASSA-PSS, which everything that the Danish
// OCES3 authorities sign bears: with it, each of their answers would be an error, and an error softened is no check at all.
//
// Like package crl it is asked only about certificates whose path ends at a root of ours, so an authority that somebody
// chose wrote the addresses. It must never say "good" on anything but an answer that the issuer of the certificate, or one to
// whom that very issuer delegated this, has signed; and never ask by a URL that tells who is asked about (RFC 6960 appendix
// A.1 allows GET: every proxy on the way would log it).
package ocsp
