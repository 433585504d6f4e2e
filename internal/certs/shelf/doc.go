// Package shelf is the recipients' certificates that we keep ourselves: pinned by an administrator, or harvested from signed mail.
//
//	administrator ─▶ Pin ────────────┐
//	signed mail ─▶ Harvest ─▶ judged ┼─▶ in use ─▶ Pinned, Harvested (certs.Source) ─▶ Finder
//	                          └──▶ pending ─▶ Approve (this certificate, or its authority)
//	every night ─▶ Recheck: who will break, and when
//
// Package api and the command line change it, package certs reads it through its sources. It must never put a certificate into
// use that was not judged good or that nobody decided about, never let a stranger's mail push out what is used, and never write
// an address into a log line.
package shelf
