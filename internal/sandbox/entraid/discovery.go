package entraid

import (
	"encoding/json"
	"net/http"
)

// discovery is OpenID Connect Discovery 1.0 §3, with the fields that Entra gives and clients read.
func (e *Entra) discovery(w http.ResponseWriter, _ *http.Request) {
	tenant := e.config.Base + "/" + e.config.Tenant
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                e.Issuer(),
		"authorization_endpoint":                tenant + "/oauth2/v2.0/authorize",
		"token_endpoint":                        tenant + "/oauth2/v2.0/token",
		"jwks_uri":                              tenant + "/discovery/v2.0/keys",
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query", "fragment"},
		"grant_types_supported":                 []string{"authorization_code", "client_credentials"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "name", "oid", "tid", "ver", "nonce", "preferred_username"},
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// RFC 6749 §5.1: tokens are not to be stored on the way; harmless for the rest.
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The caller went away: there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
