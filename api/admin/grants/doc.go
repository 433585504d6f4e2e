// Package grants is the administrators' page of who can send as which mailbox, and why; and of who looks after it.
//
//	list ─▶ one mailbox: rights, the people that they amount to, a search in the directory ─▶ give, or take back after a question
//
// Where the directory may not be read, everything works by object ids, and the page says so.
//
// Used by api/admin. It must never let a local administrator appoint another one, and never show a right as nobody's because the
// directory did not answer.
package grants
