// Package peer is about the programs that tests use as the other side: openssl, gpgsm, NSS cmsutil, BouncyCastle,
// GnuTLS certtool, PostgreSQL, SoftHSM. For tests alone.
//
// A test may skip where a program is missing on a developer's machine. It must never skip in CI: a comparison that did not
// run proves nothing, and nobody would notice.
package peer
