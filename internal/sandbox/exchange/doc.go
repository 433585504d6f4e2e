// Package exchange is a small honest Exchange Online behind a small honest Microsoft Graph, on loopback and in memory.
// It keeps the limits and the bad habits of the real one (facts: 4 MB a request and HTTP 200 above it, four concurrent
// requests, 150 MB in five minutes, ids that change with the folder unless asked for immutable ones, a MIME create that
// is always a draft), so that what works here has met them.
//
//	POST /messages ─▶ Drafts ─▶ /send ─▶ 202 ─▶ (SendDelay) ─▶ Sent Items
//	                                                └─▶ a Delivery for every To and Cc address, and an Inbox item for our own
//
// Recipients whose local part is one of these make bad weather, in any domain. All but bounces@ act on /send:
//
//	throttled@         429 ApplicationThrottled with Retry-After: 1, for the first two attempts of a draft; then it is sent
//	busy@              503 ErrorServerBusy with Retry-After: 1, for the first attempt of a draft; then it is sent
//	timeout-but-sent@  504 with an empty message, but it is sent
//	timeout-not-sent@  504 with an empty message, for the first attempt of a draft, which stays a draft; then it is sent
//	dropped@           the connection breaks in the middle of the answer, but it is sent
//	rejected@          400 ErrorInvalidRecipients, always
//	bounces@           202 and Sent Items, then a non-delivery report in the sender's Inbox instead of a delivery
//
// Where the real behaviour is not known it guesses, and the comment at the line says so. It is for the demo and for
// tests only, speaks plain HTTP, keeps everything in memory up to named bounds, and must never be reachable from
// outside: app binds it to loopback.
package exchange
