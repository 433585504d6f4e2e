// Package ca is the pretend world's certificate authorities: one shaped like the Danish OCES3 one, one like a foreign
// S/MIME one. They live in memory and serve their CRLs, OCSP answers and CA certificates over loopback HTTP.
//
//	              root (self-signed) ──▶ issuing, pathlen 0 ──▶ leaf
//	NewDanish     RSA-3072, PSS          RSA-3072, PSS          RSA-3072, PSS-signed, no EKU, no SAN unless asked
//	NewForeign    P-256, ECDSA           P-256, ECDSA           P-256 (P-384, RSA asked), emailProtection, rfc822Name
//
//	Handler:      /root.cer  /issuing.cer  /root.crl  /issuing.crl  /ocsp      below Options.BaseURL
//	OCSP:         question ─▶ issued here? ─▶ revoked? ─▶ answer, signed by a delegated responder or the issuing CA
//
// The demo and tests of every package that needs certificates use it. It must never be reachable from a production
// wiring: its names are fictional (Sandkassen, "the sandbox") and its keys are written down in demo folders.
package ca
