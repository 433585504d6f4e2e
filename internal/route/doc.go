// Package route decides how one recipient gets a message, and says why in a sentence. It is pure: facts in, verdict out.
//
//	our own domain?       internal: ordinary mail
//	a usable certificate? smime:    signed and encrypted
//	otherwise             refused:  nothing is sent to anybody
//
// Used by sending and api. It must never make a recipient's mail less protected because a fact is missing: what is not known
// is refused.
package route
