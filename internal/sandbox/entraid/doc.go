// Package entraid is a small Entra ID on loopback, for the demo and for tests: one tenant, the people and programs that
// it is given, real RS256 signatures, and tokens of the same shape as Microsoft's.
//
//	GET  /{tenant}/v2.0/.well-known/openid-configuration   discovery
//	GET  /{tenant}/discovery/v2.0/keys                     the published keys
//	GET  /{tenant}/oauth2/v2.0/authorize                   choose whom to sign in as; login_hint chooses at once
//	POST /{tenant}/oauth2/v2.0/token                       authorization_code with PKCE, client_credentials
//
// It also issues what the real one never would (Issue), so that package entra can be shown every kind of wrong token.
// Nobody proves who they are here: it must never be reachable from another machine, and Start listens on loopback only.
//
// Where it is simpler than Entra: no refresh tokens, no consent (who is configured has it), no certificates as client
// proof, no conditional access, no v1 endpoints.
package entraid
