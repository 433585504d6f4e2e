// Package cms writes and reads the Cryptographic Message Syntax (RFC 5652, RFC 5083): signed, encrypted and compressed data,
// as a stream.
//
//	content ─▶ Signature ─▶ DER of a detached SignedData
//	content ─▶ Opaque    ─▶ BER of a SignedData with the content inside
//	content ─▶ Encrypter ─▶ BER of an EnvelopedData or AuthEnvelopedData, one RecipientInfo for every certificate
//
//	BER ─▶ ber.Reader ─▶ ReadMessage ─▶ Message ─┬─▶ Decrypt         content for one of our keys
//	                                             ├─▶ Verify          who signed the content inside
//	                                             ├─▶ VerifyDetached  who signed content elsewhere
//	                                             ├─▶ Decompress      content, bounded
//	                                             └─▶ Inspect         what it is, without a key
//
// To review it: message.go, then signed.go → signerinfo.go → attributeset.go for what a signature proves, and decrypt.go →
// unlock.go → transport.go, keyagreement.go, kem.go for what a private key is asked. Everything that is read passes through
// package ber.
//
// Package smime is its user. It is larger than the other packages because every byte of it is exposed to strangers and
// the whole of it should be reviewed in one sitting; no library was found that does the job (each that was tried panics
// on one crafted mail).
//
// It must never decide policy (which algorithm, whom to trust, what a weak signature is worth), never say why a
// decryption failed (Bleichenbacher 1998, Vaudenay 2002, Manger 2001), and never hold a message in memory.
package cms
