// Package proof shows on the tenant itself that large sealed mail arrives as it was sent: what `sendsikker doctor large` runs
// once, before an administrator lets people send more than a Graph request carries.
//
//	sample ─▶ the chosen way ─▶ the mailbox's own Inbox ─▶ $value ─▶ content type, length, SHA-256 of the CMS: the same?
//
// No documentation says that the two ways keep a sealed mail whole: Exchange takes a message apart into properties and makes
// it anew (MS-OXCMAIL), and what it does with smime-type is known by report only. So it is tried, with a mail of the size in
// question, and the answer is a report of lines, each with what to do where it says no.
//
// It stands beside graph and submission and not in one of them, for the question is the same for both, and it asks the one
// what became of the mail that the other sent. Used by app. It imports only fault of ours and makes nothing itself: the
// sample comes sealed. It must never open the sample, compare less than all of it, or call a proof what it could not see.
package proof
