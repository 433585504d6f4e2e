// Package lookalike finds the address, among those that somebody has written to before, that another one is easily taken for.
//
//	known addresses ─▶ Of ─▶ Known.Like(address) ─▶ the one it looks like, or none
//
// Two addresses look alike where one of their halves is the same to the eye and the other differs by one slip of the finger, or by
// nothing that the eye would catch: 0 for o, rn for m, ae for æ, a Cyrillic а. Package sending warns of such a recipient.
//
// It must never say where an address may go: it only raises a question for a person. It does no I/O, keeps nothing, and takes the
// same little time for hostile addresses as for others.
package lookalike
