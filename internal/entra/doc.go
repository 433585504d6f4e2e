// Package entra decides who is asking, from a Microsoft Entra ID access token, and gets our own tokens for Graph.
//
//	token ─▶ read    size, three parts, RS256, a plausible key id      nothing leaves the machine
//	      ─▶ identify audience, version, tenant, issuer, kind, oid, time   on the unproven claims: a cheap sieve
//	      ─▶ prove   the tenant's key with that id → go-oidc            the network only for a key not known yet
//	      ─▶ identify again, on the proven claims: this one decides
//	      ─▶ admit   user: client and scope; application: app role      → Caller
//
// Package api uses Verifier; app builds it and the credential that package graph sends with. Grants (who may send as
// which mailbox) are decided elsewhere, by Caller.ID, Caller.Groups and nothing that a person can change about themselves.
//
// It must never put a token, a claim's value or a key into an error, never trust a claim before its signature, never
// need the network to start, and never let a stranger's token cause more than one request a keysAskGap.
package entra
