// Package mailbox is about function mailboxes: their keys, and who may send as them.
//
//	caller (a person or an application, proved by api)
//	   └─ grants: the person, one of their groups, or the application
//	        └─ mailbox: address, certificate, and a key that signs
//
// Used by sending (to send), api (to list) and app (to add them). A private key rests encrypted under the key keeper and is
// decrypted only in memory, or stays in a device (package device) and is referred to; it is never given out: only a crypto.Signer is. That a mailbox does not exist and that the
// caller may not use it are one answer, so that nobody can ask which mailboxes there are.
package mailbox
