// Package app builds the program out of its parts and runs it: the only package that knows everybody.
//
//	command line → config → wire → service (HTTP server + workers) → stop: no new requests, running ones end, jobs go back
//
// The demo is another wiring of the same service: it hands in the sandbox's addresses and certificates, and nothing below
// this package knows. A part that opens something is closed here, in the reverse order.
package app
