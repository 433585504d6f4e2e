// Package mailboxes is the administrators' page of the function mailboxes: their keys and certificates, and what is decided of them.
//
//	list ─▶ one mailbox ─┬─▶ import a key, or request a certificate ─▶ look at what came ─▶ put to use, now or from a time on
//	                     ├─▶ settings
//	                     └─▶ a test mail to itself
//
// A mailbox that is not here yet goes by the id "new". Addresses stand in no URL: those are logged elsewhere than here.
//
// Used by api/admin. It must never show, send or write down a private key or its password, and an uploaded file must never lie on
// disk: forms are read in memory alone.
package mailboxes
