// Package graph is Microsoft Graph: drafts, sending, notices in a function mailbox, and group membership. Nothing else
// in the program knows a Graph path, status or error code.
//
//	CreateDraft ──▶ Send ──▶ (sent)            the way of one copy: two calls, so that the only heavy one may be repeated
//	      ▲           │ Unclear
//	      │           ▼
//	      └─ nowhere ─ Find ─▶ draft | sent    what package sending asks before it does anything again
//
// Three things make it differ from a plain use of the SDK:
//
//   - Only the exact documented status is success. Above its size limit Graph has answered 200 and stored nothing
//     (graph-docs#13979), and the adapter's own SendNoContent calls that no error, so every answer is read natively.
//   - No request is ever repeated in here but the range of an upload, which is named by its bytes and sends nothing. The
//     SDK's default pipeline repeats POST on 429, 503 and 504, and so sends mail twice; it also sends repeated bodies with
//     a false Content-Encoding. Our http.Client has none of its middlewares and follows no redirect.
//   - It imports msgraph-sdk-go-core and models/odataerrors, and must never import the SDK's models, users or root
//     packages: compiling models takes minutes and 4.5 GB of memory, which small builders do not have.
//
// A copy above MaxMIME goes by CreateDraft as well, where LargeUpload is chosen:
//
//	sealed.go ─▶ large.go: JSON draft, IPM.Note.SMIME ─▶ upload.go: session ─▶ span.go: ranges ─▶ id
//
// WithTrace collects the request-id of every call for Microsoft's support; AwaitInbox and FetchMIME let package proof see
// what became of a mail to the mailbox itself.
//
// Used by sending (through its own interface), mailbox (groups) and notice delivery. It imports only fault of ours.
// It must never put Graph's words, an address, an id, a URL or a token into an error: sentences are ours, and a cause
// holds status, error code and request-id alone.
package graph
