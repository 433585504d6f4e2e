// Package aia fetches the certificates of issuers that are missing, from where a certificate says that they lie: Authority
// Information Access, caIssuers (RFC 5280 section 4.2.2.1). It is the trust.IssuerSource of the product. Mail from abroad often
// comes without the authority between certificate and root, and no directory has it either.
//
//	Issuers ─▶ addresses in the certificate ─▶ held, and has signed it? ──yes──▶ the issuers
//	                                               └─no──▶ fetch (guarded) ─▶ bundle.Read ─▶ authorities only ─▶ hold
//
// Package trust asks it, when nothing that we hold leads to a root. What it gives is a suggestion, and nothing more: it must
// never be taken for trusted, never be put among the roots or intermediates of a profile, and never be stored with a recipient.
// A path through it must end at a root of ours, and its revocation is asked about like any other's.
//
// The certificate that it is asked about is one that nobody has verified: a stranger wrote the address, and chose the moment,
// by sending a mail or by standing in a directory. So every question is answered as if it were an attack. That stranger
//
//   - cannot turn us against the network that we stand in: package fetch connects to public addresses only, and says nothing
//     of the mail, its sender or its recipient;
//   - cannot make us ask much of others: three addresses a certificate, one question an address at a time, ten minutes'
//     rest after an answer that was of no use;
//   - cannot hold us up: the caller waits no longer than its own deadline, a question takes seconds, and a few are under way;
//   - cannot fill the memory: small answers, few authorities of each, few addresses, those unused longest forgotten first;
//   - cannot put anything in another's way: what is held under an address is used only for a certificate that it has signed,
//     and asked for anew where it has not.
//
// What is left to them is to learn that, and from where, somebody looked at the certificate. Whoever minds wires the judge
// without an IssuerSource; then issuers that are missing stay missing.
package aia
