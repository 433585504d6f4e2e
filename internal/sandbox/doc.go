// Package sandbox is a pretend university on loopback: what Send sikker needs of the world, small and honest.
//
//	/{tenant}/…    Entra ID: real signed tokens for invented people and programs   (package entraid)
//	/v1.0/…        Microsoft Graph and Exchange, limits and faults included        (package exchange)
//	/ca/…          a Danish and a foreign authority, their lists and OCSP answers  (package ca)
//	/              a page to look into the mailboxes: the mail on the wire, and opened
//	ldap://…       a directory of people outside, at an address of its own         (package directory)
//
// The demo runs on it, and so do the tests of the whole program. Nobody proves who they are here and all keys are given
// out, so it listens on loopback only. No other package of ours but app (for the demo) may know it.
package sandbox
