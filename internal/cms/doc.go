// Package cms writes and reads the Cryptographic Message Syntax (RFC 5652): signed and enveloped data, as a stream.
//
//	content ─▶ Signature ─▶ DER of a detached SignedData
//	content ─▶ Encrypter ─▶ BER of an EnvelopedData, one RecipientInfo for every certificate asked for
//
//	BER ─▶ reader (iterative, bounded) ─┬─▶ Decrypt     content for one of our keys
//	                                    ├─▶ ReadSigned  who signed, and whether it is true
//	                                    └─▶ Inspect     what it is, without a key
//
// Package smime is its user. It is larger than the other packages because every byte of it is exposed to strangers and
// the whole of it should be reviewed in one sitting; no library was found that does the job (each that was tried panics
// on one crafted mail).
//
// It must never decide policy (which algorithm, whom to trust, what a weak signature is worth), never say why a
// decryption failed (Bleichenbacher 1998, Vaudenay 2002), and never hold a message in memory.
package cms
