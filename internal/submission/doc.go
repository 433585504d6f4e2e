// Package submission sends a finished message by SMTP AUTH as a function mailbox: the documented way for what is larger than
// a Graph request (RFC 6409 submission; smtp.office365.com:587).
//
//	connect ─▶ STARTTLS ─▶ AUTH XOAUTH2 ─▶ MAIL, RCPT… ─▶ DATA ─▶ bytes ─▶ dot ─▶ 250
//	└──── anything wrong: nothing was sent, Unavailable or a plain no ───┘    └ silence: Unclear
//
// The token is the program's own, for https://outlook.office365.com/.default. In the tenant it takes the RBAC role
// Application SMTP.SendAsApp, scoped to the function mailboxes like the one for Graph, and SMTP AUTH switched on for each
// (Set-CASMailbox -SmtpClientAuthenticationDisabled $false). Exchange keeps a copy in Sent Items.
//
// Three things it promises:
//
//   - The envelope is exactly the addresses that were given. One that is turned away ends the attempt before a byte of
//     the message has left, so a copy goes to all of its recipients or to none.
//   - Until the final dot nothing has been sent (RFC 5321 section 4.1.1.4), so every failure before it may be repeated.
//     From the dot on, only an answer with a code decides; silence is Unclear, and package sending looks for the mail in
//     Sent Items before it does anything again. Nothing is repeated in here.
//   - The bytes arrive as they are. A bare CR or LF, a line above 998 or a NUL ends the attempt: a repaired mail would be
//     another one than was signed, and a bare line end is how one mail is made to look like two (SMTP smuggling).
//
// Used by sending (through its own interface) and by package proof. It imports only fault of ours. It must never speak
// before TLS, never log or put into an error the server's words, an address or the token: a cause holds the command, the
// code and the enhanced code alone. Limits that several machines share are not kept here, but by whoever calls.
package submission
