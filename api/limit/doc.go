// Package limit keeps one caller from taking the service from the others, and stops whoever tries sign-in after sign-in.
//
//	who is proven     ─▶ counted as who they are: reading and sending each have a rate
//	who is not        ─▶ counted by address: public calls, files of the add-in, sign-ins
//	a bad sign-in     ─▶ counted against the address; too many lock it out of signing in, longer each time, a quarter of an hour at most
//
// A whole university stands behind one address. So an address is never refused what a good token or a session asks for, however much
// somebody behind it asks or guesses: it is proven first, which costs microseconds, and then counted as its caller. A lock refuses
// new bad tokens and new sign-ins alone; an expired token is still told that it has expired, or an honest client would never fetch a
// new one. The add-in's files have a count of their own, so that a flood of anything else does not keep the pane from opening.
//
// Each machine counts for itself. Memory is bounded: so many entries, and the one that was seen longest ago is forgotten. The
// public certificate pages count for themselves (api/partners): they answer in a language of the reader's.
//
// Used by api, by api/admin/frame through an interface, and made by app. It must never log an address, and never decide by a header
// field that a stranger can write.
package limit
