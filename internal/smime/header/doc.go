// Package header protects a mail's header fields by putting a copy of them under its signature and inside its envelope
// (RFC 9788), and tells of a mail that was opened what its real header is.
//
//	write:  entity ─▶ NewWriter ─┬─ the fields, hp="cipher", HP-Outer ─▶ smime.Seal
//	                             └─ display: the subject as a first line for older readers
//	        Policy.Outer ─▶ the header outside
//
//	read:   outer header ──┐
//	        payload header ┴─▶ Read ─▶ Protected: fields, which were confidential, whether From agrees
//	        message/rfc822 (RFC 8551 §3.1) ─▶ Unwrap ─▶ ReadWrapped ─▶ the same
//
// The sending use case writes, the reader of function mailboxes reads. It knows nothing of CMS: whether the payload's
// signature and encryption hold, and who signed, is the caller's to say before anything of Protected is believed.
//
// It must never write a value that could become a second field, never write a Bcc, and never mix fields from outside with
// those from inside (RFC 9788 §4.4.4).
package header
