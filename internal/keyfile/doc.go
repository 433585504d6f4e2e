// Package keyfile reads files that hold a private key and certificates, as authorities hand them out and people bring them.
//
//	file ─┬─ PKCS #12 (.p12, .pfx): BER or DER ─▶ MAC ─▶ safes ─▶ bags ─┐
//	      ├─ PEM: PKCS #8 (plain or encrypted), PKCS #1, SEC 1 ─────────┼─▶ Content: keys and certificates
//	      └─ DER: one certificate or one plain PKCS #8 key ─────────────┘
//
// Danish OCES3 function certificates come as PKCS #12, of two ages: RC2 and triple DES under SHA-1 from older programs, and
// AES under PBKDF2 from newer ones. Both are read, and so are the MACs of both ages and of RFC 9579.
//
// The reader is our own, because a stranger's file decides how much work it is to open: the libraries follow any iteration count,
// so that one kilobyte keeps a processor busy for years, and cannot be stopped. Here every derivation is paid for from one
// budget, before it begins. They also read DER alone, and NSS writes PKCS #12 in BER. Encrypted PKCS #8 has to be opened by the
// same algorithms anyway.
//
// Used by package mailbox and by app's commands. It must never write a key, never say by its errors more of a wrong password
// than that it is wrong, and never judge what it has read: that is for packages mailbox and trust.
package keyfile
