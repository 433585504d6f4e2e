// Package device is about private keys that never leave the device they were made in: what an administrator calls them by, what
// may be said of one that cannot be used, and the proof that one does what a mailbox's key must do.
//
//	reference ─▶ Opener ─┬─▶ keyvault: Azure Key Vault, over HTTPS
//	                     └─▶ token:    a PKCS #11 library
//	                          └─▶ Key: signs, and opens (crypto.Decrypter, or ECDH)
//
// Used by mailbox, and by app, which wires the two kinds. Nothing here may ask a device for a private key, and no PIN may be part of a
// reference, an error or a log line. A Key's errors follow package cms: whatever depends on what was to be decrypted is one plain
// error, and whatever does not is a fault that wraps cms.ErrNotAsked.
package device
