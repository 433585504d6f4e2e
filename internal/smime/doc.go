// Package smime seals and opens mail (RFC 8551): MIME around package cms, by an algorithm profile.
//
//	Choose: rule, recipients' capabilities ─▶ Profile, and why
//
//	Seal:   entity ─▶ CRLF ─▶ signed, once ─┬─▶ encrypt ─▶ base64 ─▶ Envelope.To
//	                                        └─▶ encrypt ─▶ base64 ─▶ Envelope.To
//
//	Open:   mail ─▶ base64 ─▶ decrypt ─▶ Hold ─▶ verify ─▶ … ─▶ Opened: content, one Layer for every wrapping taken off
//
// The sending use case seals, the reader of function mailboxes opens. Memory does not grow with the mail: what is being opened
// waits in a Hold until everything around it has been read to its end and checked.
//
// It must never read or write anything but the readers, writers and holds it is given, never choose whose certificate is
// trusted (it is handed roots), and never hand out the plaintext of a layer whose protection failed (EFAIL, 2018).
package smime
