// Package auditlog is the page on which administrators and auditors read the audit log: who did what, with before and after; how the
// log is kept as proof; and where they fetch it as a file, which is itself logged.
//
// Used by api/admin. It never changes the log, and shows it to nobody who looks after single mailboxes: it tells of all of them.
package auditlog
