// Package crl knows which certificates have been revoked, from revocation lists (RFC 5280 sections 5 and 6.3) that it fetches
// over HTTP, checks and keeps. It is the trust.RevocationSource of the product, and Files is one over lists at hand.
//
//	Check ─▶ points in the certificate ─▶ who may sign, and where it lies (point, signer.go)
//	             ┌─────────────────────────────┘
//	             ▼
//	           held? ──no──▶ in the archive? ──no──▶ fetch (guarded) ─▶ verify, parse ─▶ hold, and put in the archive
//	             │ yes            └──yes──▶ verify, parse ─▶ hold; fetch behind the answer if it is old
//	             ▼
//	   does it cover the certificate? (subject.go) ─▶ + delta lists (delta.go) ─▶ enough lists? (tally.go) ─▶ good / revoked
//
// Lists may be complete or delta, direct or indirect, and of one part of the certificates or of the reasons. What is held is
// used until its nextUpdate and renewed long before; Refresh does so on a timer. A list that has gone out of date still says
// what was revoked, and nothing else.
//
// It is asked only about certificates whose path ends at a root of ours, so the addresses that it fetches were written by an
// authority that somebody chose. It must never connect to an address inside (see fetch), never believe a list that its
// authority has not signed, wherever it lay, never take an older list for a newer, and never say "good" on anything but
// current lists that cover the certificate for every reason there is.
//
// The parts have a package each: point reads where lists lie and what they are about, archive keeps bytes in a folder.
package crl
