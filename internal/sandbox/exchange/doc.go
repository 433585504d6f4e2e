// Package exchange is a small honest Exchange Online behind a small honest Microsoft Graph, on loopback. What is large lies
// in temporary files without a name, everything else in memory.
//
// It keeps the limits and the bad habits of the real one (facts: 4 MB a request and HTTP 200 above it, four concurrent
// requests, 150 MB in five minutes, ids that change with the folder unless asked for immutable ones, a MIME create that
// is always a draft), so that what works here has met them.
//
//	POST /messages ─▶ Drafts ─▶ /send ─▶ 202 ──┬▶ (SendDelay) ─▶ Sent Items
//	submission: AUTH, MAIL, RCPT, DATA ─▶ 250 ─┘        └─▶ a Delivery for every To and Cc address (by submission: for
//	                                                        those of the envelope), and an Inbox item for our own
//
// Recipients whose local part is one of these make bad weather, in any domain. These act on /send, or at the end of DATA:
//
//	throttled@         429 ApplicationThrottled with Retry-After: 1, for the first two attempts of a draft; then it is sent
//	busy@              503 ErrorServerBusy with Retry-After: 1, for the first attempt of a draft; then it is sent
//	timeout-but-sent@  504 with an empty message, but it is sent
//	timeout-not-sent@  504 with an empty message, for the first attempt of a draft, which stays a draft; then it is sent
//	dropped@           the connection breaks in the middle of the answer, but it is sent
//	vanished@          504 with an empty message, for the first draft of a Message-ID, which is then nowhere, nor was it sent
//	rejected@          400 ErrorInvalidRecipients, always
//	bounces@           202 and Sent Items, then a non-delivery report in the sender's Inbox instead of a delivery
//	damaged-type@      arrives without its smime-type
//	damaged-bytes@     arrives with another letter in its body
//
// By submission throttled@ is 432 and busy@ is 451; the three that fall silent close the connection after the final dot,
// with the mail sent or not as their names say; rejected@ is 550 to RCPT. Of its own it has
//
//	cut-off@           the connection breaks in the middle of DATA, always
//	smtp-off@          as a mailbox: SMTP AUTH is disabled for it (535 5.7.139)
//
// These act on an upload session, once for each Message-ID, and all but the last on the range after the first:
//
//	upload-throttled@  429 ApplicationThrottled with Retry-After: 1
//	upload-busy@       503 ErrorServerBusy with Retry-After: 1
//	upload-dropped@    half of the range is kept, and the connection breaks
//	upload-expired@    the session is gone
//	upload-unheard@    the last range is kept, and the connection breaks before the answer
//
// Beside those there is weather that no recipient asks for and that meets calls at random: Chance.
//
// Where the real behaviour is not known it guesses, and the comment at the line says so. It is for the demo and for
// tests only, speaks plain HTTP, keeps everything up to named bounds and nothing beyond its own life, and must never be
// reachable from outside: app binds it to loopback.
package exchange
