// Package crl knows which certificates have been revoked, from complete revocation lists (RFC 5280 section 5) that it
// fetches over HTTP, checks and keeps. It is the trust.RevocationSource of the product.
//
//	Check ─▶ address in the certificate ─▶ held? ──yes──▶ serial in the map? ─▶ good / revoked
//	                                         └─no──▶ fetch (guarded) ─▶ parse, verify ─▶ hold
//
// It is asked only about certificates whose path ends at a root of ours, so the addresses that it fetches were written
// by an authority that somebody chose. It must never connect to an address inside (dialing is refused by address, after
// name resolution), never believe a list that the issuer has not signed, and never say "good" on anything but a
// current, complete list that covers the certificate.
//
// Delta and indirect lists and OCSP are other sources with the same one method.
package crl
