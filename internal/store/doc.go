// Package store keeps what must survive: mailboxes and grants, messages and their deliveries, the audit log, and the jobs.
// It is SQL and nothing but: no rule of the product lives here, except as CHECK constraints that a bug cannot talk round.
//
//	InsertMessage      message + deliveries + recipients + audit row + jobs, in one transaction
//	River job          runs a delivery, or a notice, at least once (Queue)
//	Change…            one step of a delivery's state machine; the last one of a message enqueues its notice
//
// Used by sending, mailbox, certs' store source and audit. Errors of the driver are told apart by their code, here, and never
// by their text. Times go in and out as time.Time; in the database they are milliseconds.
package store
