// Package gate holds calls for a mailbox back while as many are under way as Exchange Online allows it at a time.
//
// Package graph uses it for requests and package submission for connections; each has its own, because Exchange counts them apart.
// It holds on one machine; what holds on all of them together is the store's (BeginAttempt). It must never let one mailbox wait for
// another.
package gate
