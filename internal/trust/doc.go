// Package trust answers one question: may this certificate be used to seal mail for this address, now?
//
//	certificate ─▶ readable? ─▶ key ─▶ purpose ─▶ address ─▶ validity ─▶ path to a root ─▶ revocation ─▶ Verdict
//	                     the certificate's own words                     per Profile      RevocationSource
//
// The order is part of the security: nothing that the certificate says about the network (where its revocation list
// lies) is believed before its path ends at a root of a Profile.
//
// Package certs uses it for every candidate. Packages crl and ocsp, below, are its RevocationSources, aia is its IssuerSource,
// and anchor has the ready-made Profiles. It must never look for certificates, never choose between them, and never turn "not
// known" into "good" unless a Profile says so.
package trust
