// Package smime seals and opens mail: MIME around package cms, by an algorithm profile.
//
//	Seal:  entity ─▶ CRLF ─┬─▶ digest ─▶ signature (made once, at Close)
//	                       └─▶ multipart/signed ─┬─▶ encrypt ─▶ base64 ─▶ Envelope.To
//	                                             └─▶ encrypt ─▶ base64 ─▶ Envelope.To
//
//	Open:  mail ─▶ enveloped? decrypt ─▶ signed? verify ─▶ … ─▶ innermost entity, with one Layer for every wrapping taken off
//
// The sending use case seals, the reader of function mailboxes opens. Memory does not grow with what is sealed; what is
// opened is held in memory up to OpenOptions.MaxSize.
//
// It must never read or write anything but the readers and writers it is given, never choose whose certificate is
// trusted (it is handed roots), and never hand out the plaintext of a layer whose protection failed (EFAIL, 2018).
package smime
