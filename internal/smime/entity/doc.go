// Package entity reads MIME entities (RFC 2045) as a stream: the header that says what a body is, the transfer encoding, and
// the two parts of multipart/signed.
//
//	mail ─▶ Read ─▶ Entity ─┬─▶ Decoded        the body without base64 or quoted-printable
//	                        └─▶ Split ─▶ Parts the signed bytes exactly as they stand, then the signature
//
// Package smime is its user. It must never decode and encode again what a signature is over, never believe one of two fields
// that contradict each other, and never hold a body in memory.
package entity
