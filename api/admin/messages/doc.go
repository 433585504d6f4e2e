// Package messages is the page on which those who look after the service find a message, see what became of it and how each recipient
// was protected, and decide about a copy of which nobody knows whether it went out.
//
// Used by api/admin. It never shows content; a subject it shows only to whom the mailbox has been given into care (frame.Visitor.
// LooksAfter), and every search is bounded by what the visitor may see.
package messages
