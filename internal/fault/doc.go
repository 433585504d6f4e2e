// Package fault is what may cross a package border when something is wrong: a kind, a stable code, and a sentence in
// Danish and English that a person can act on. The cause rides along for the log and never leaves the program.
//
// Two tables hang on the kind and live in one place each: kind → HTTP status (package api) and kind → what a worker
// does next (Next, here). A kind without a row in both fails a test.
//
// Everybody may use this package; it uses only the standard library. It must never put a cause, an address that the
// caller did not send, or a file name of ours into a public sentence.
package fault
