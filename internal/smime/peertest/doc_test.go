// Package peertest is about other programs: openssl, gpgsm, NSS, BouncyCastle and GnuTLS read what package smime writes, and
// write what it reads. It holds tests alone, and stands apart so that those of package smime need no program but Go.
//
//	matrix.go   every cell: recipient's key × cipher × form, and signature × form
//	   │ seals with package smime, and opens
//	   ▼
//	program     what a peer is asked: encrypt, decrypt, sign, verify; bare CMS in DER, the MIME around it is ours
//	   ▼
//	openssl  gpgsm  NSS  BouncyCastle  certtool        the people and the root they all trust: lab
//
// A cell that a peer refuses stands in refusals with the words that it must refuse with. docs/interop.md is written by it.
//
// It must never be satisfied with less: a peer that is missing skips at home and fails in CI, a cell that did not run leaves
// the document unwritten, and a refusal in other words than expected is a failure.
package peertest
