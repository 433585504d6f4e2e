// Package display writes Legacy Display Elements into a mail's text and takes them out again (RFC 9788 §2.1.2, §4.5.3, §5.2.2):
// the real subject as the text's first line, for readers who can decrypt but know nothing of header protection.
//
//	entity ─▶ walker ─┬─▶ main text part ─▶ window (its beginning) ─▶ element in or out ─┬─▶ writer beneath
//	                  └─▶ everything else, octet by octet ───────────────────────────────┘
//
// Package header is its user. It must never change a decoded octet of the text beside the element, never touch an attachment
// or anything inside a multipart/signed, and never hold more than a part's header and the beginning of its text.
package display
