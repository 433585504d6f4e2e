// Package draft is what the sender wrote, and how it becomes MIME.
//
//	JSON + files ──▶ Draft ─ Normalize ─ Validate ─▶ Compose ─▶ Entity ─┐
//	                                                                    ├─▶ smime.Seal, or a plain copy
//	message/rfc822 ──▶ ReadMessage ─▶ Draft + Entity ───────────────────┘
//	                                                    Header: the outer fields of one copy, before either
//
// An Entity is the content alone: the Content-* fields, a blank line, the body. It is written once and streams, so that
// memory does not grow with the files. A Header is made per copy, because a copy goes to exactly the addresses in its
// header.
//
// Package api makes drafts, package sending composes them. Nothing here does I/O beyond io.Reader and io.Writer. It must
// never let one field become another: what is a name stays a name, or the draft is refused with a sentence. It must never
// put text of the sender's into an error.
package draft
