// Package certs finds the certificates of a mail's recipients and picks one for each, or says why none can be used.
//
//	addresses ─▶ every Source at once, one call each ─▶ merge, rank ─▶ Judger, best first ─▶ Choice
//	                  (until the deadline)
//
// Package sending and the recipients' page use it. Sources are the store (pinned, harvested), our own mailboxes, LDAP
// directories and DNS; each is a Source, and a new one needs no change here.
//
// It must never take a source that did not answer for one that had nothing, never loop over a source by recipient, and
// never give different answers for the same facts.
package certs
