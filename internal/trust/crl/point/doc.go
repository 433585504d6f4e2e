// Package point reads what certificates and revocation lists say of where a list lies and what it is about: the
// distribution points of a certificate (RFC 5280 sections 4.2.1.13 and 4.2.1.15) and the issuing distribution point of a
// list (section 5.2.5). crypto/x509 reads the addresses out of the former and drops the rest; the rest decides which list
// may answer for which certificate.
//
//	certificate ─▶ Of / Freshest ─▶ []Point ─┐
//	                                         ├─▶ Point.Fits: is this list one that the certificate points at?
//	list ───────▶ ParseScope ─────▶ Scope ───┘
//
// Package crl uses it. It does no I/O and decides nothing about trust. It must never pass over what it does not understand:
// a limit that is not seen makes a list that says nothing look like one that says "good".
package point
