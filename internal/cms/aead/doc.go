// Package aead encrypts with AES-GCM and ChaCha20-Poly1305 as a stream: what an AuthEnvelopedData (RFC 5083) needs, whose
// content is as long as a mail with its attachments, and whose authenticated attributes stand behind that content.
// crypto/cipher has both ciphers for a message that is in memory as a whole, and with the attributes at hand first.
//
//	Seal: content    ─▶ keystream ─┬─▶ ciphertext
//	                               └─▶ mac ─▶ Tag
//	Open: ciphertext ─┬─▶ mac ─▶ Verify
//	                  └─▶ keystream ─▶ content, unauthenticated until Verify gave no error
//
// The keystreams are cipher.NewCTR and chacha20, the macs are crypto/cipher's GCM and poly1305: whatever touches every octet
// is theirs, with their speed and their care about timing. GHASH of a part is had from GCM by giving it the part as additional
// data; with its tag T over n blocks X, the zero nonce's mask M and the length block L,
//
//	T ⊕ M ⊕ L·H = Y·H    where Y = X₁·Hⁿ ⊕ … ⊕ Xₙ·H    (NIST SP 800-38D §6.4, §7.1)
//
// and as that is linear in X, parts are put together by powers of H: (A‖B) has Y·H = Y(A)·H·H^|B| ⊕ Y(B)·H. So the
// attributes, which come before the content in the formula, may come after it in the message.
//
// Package cms is its user. It must never make a key or a nonce, never hold more of a message than one stretch, and never say
// more about a message that does not verify than that.
package aead
