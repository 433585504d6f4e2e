// Package keywrap is how a secret that two sides have agreed on carries a content key: a key derivation function makes a
// key-encryption key of it, and AES key wrap encrypts the content key under that. Package cms is its user, for its recipients
// with elliptic-curve and ML-KEM keys.
//
//	shared secret, info ─▶ X963 or HKDF ─▶ key-encryption key ─┬─▶ Wrap ◀── content key
//	                                                           └─▶ Unwrap ─▶ content key, which proves itself
//
// It must never know ASN.1, object identifiers or recipients, and never say what was wrong with a wrapped key.
package keywrap
