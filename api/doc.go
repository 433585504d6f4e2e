// Package api is the HTTP edge: tokens become callers, requests become use cases, faults become problem+json.
//
//	request id → deadlines → log, metrics → panic → operation of the contract → token → request fits the contract → handler
//
// openapi.yaml decides what exists: a path that is not in it is 404, an operation needs a token unless it says otherwise, and
// what does not fit its schema never reaches a handler. Handlers return errors; problem.go writes them, once, for all.
//
// It must never put into an answer what a fault does not say in public, nor into a log line an address, a subject, a token or
// content. One file per resource.
package api
