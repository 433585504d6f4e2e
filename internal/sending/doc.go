// Package sending is the use case: a draft is taken in, sealed, kept, sent, and accounted for.
//
//	Submit   grant → routes (any refused: nothing is sent) → copies → profile, header → seal into the spool → one transaction → accepted
//	Deliver  one copy: queued → drafting → sending → sent | rejected | unknown
//	Notify   when the last copy has ended: the receipt or the report, in the function mailbox
//
// Deliver registers each step before it takes it. From the state sending on it asks Graph where the message is before it does
// anything again; what cannot be found out is unknown, and is never simply sent once more.
//
// Used by api (Submit, Preflight, reading) and by the queue (Deliver, Notify). It decides nothing about certificates
// (certs), routes (route) or bytes (draft, smime); it puts them in order. It writes no address, subject or content to a log.
package sending
