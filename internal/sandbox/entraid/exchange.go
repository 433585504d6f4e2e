package entraid

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxFormBytes bounds a request to the token endpoint; an honest one has a few hundred bytes.
const maxFormBytes = 64 << 10

// refused is an error of the token endpoint (RFC 6749 §5.2), with Entra's number for it.
type refused struct {
	status int
	err    string
	number int
	say    string
}

// token is the token endpoint: RFC 6749 §4.1.3 with PKCE, and §4.4.
func (e *Entra) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if r.ParseForm() != nil {
		e.refuse(w, &refused{http.StatusBadRequest, "invalid_request", 900144, "The request body must be a form."})
		return
	}
	var body map[string]any
	var no *refused
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		body, no = e.redeem(r)
	case "client_credentials":
		body, no = e.clientCredentials(r)
	default:
		no = &refused{http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."}
	}
	if no != nil {
		e.refuse(w, no)
		return
	}
	answer(w, http.StatusOK, body)
}

func (e *Entra) refuse(w http.ResponseWriter, no *refused) {
	answer(w, no.status, map[string]any{
		"error": no.err, "error_codes": []int{no.number},
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s", no.number, no.say, random(12)),
		"timestamp":         e.config.Now().UTC().Format("2006-01-02 15:04:05Z"),
	})
}

// client gives the application that the request proves to come from, or none for a public client.
func (e *Entra) client(r *http.Request) (id string, app *Application, no *refused) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	for i, a := range e.config.Applications {
		if !strings.EqualFold(a.ClientID, id) {
			continue
		}
		if a.Secret == "" || subtle.ConstantTimeCompare([]byte(a.Secret), []byte(secret)) != 1 {
			return "", nil, &refused{http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided."}
		}
		return a.ClientID, &e.config.Applications[i], nil
	}
	if id == e.config.AddIn && id != "" && secret == "" {
		return id, nil, nil
	}
	return "", nil, &refused{http.StatusBadRequest, "unauthorized_client", 700016, "Application was not found in the directory."}
}

func (e *Entra) clientCredentials(r *http.Request) (map[string]any, *refused) {
	_, app, no := e.client(r)
	if no != nil {
		return nil, no
	}
	if app == nil {
		return nil, &refused{http.StatusUnauthorized, "invalid_client", 7000218, "The request must contain a client secret."}
	}
	switch resource(r.PostForm.Get("scope")) {
	case GraphAudience + "/.default":
		return e.answerToken(e.IssueGraph(*app, nil)), nil
	case "api://" + e.config.API + "/.default", e.config.API + "/.default":
		return e.answerToken(e.IssueApplication(*app)), nil
	default:
		return nil, &refused{http.StatusBadRequest, "invalid_scope", 1002012, "The scope must be a resource identifier with /.default after it."}
	}
}

// resource is the scope without those of OpenID Connect.
// QUIRK: MSAL for Go (1.10) asks for "openid offline_access profile" even here, and Entra lets it.
func resource(scope string) string {
	rest := slices.DeleteFunc(strings.Fields(scope), func(s string) bool {
		return slices.Contains([]string{"openid", "profile", "offline_access", "email"}, s)
	})
	return strings.Join(rest, " ")
}

// redeem gives tokens for a code, once (RFC 6749 §4.1.3, RFC 7636 §4.6).
func (e *Entra) redeem(r *http.Request) (map[string]any, *refused) {
	id, app, no := e.client(r)
	if no != nil {
		return nil, no
	}
	code := r.PostForm.Get("code")
	e.mu.Lock()
	g, known := e.codes[code]
	delete(e.codes, code)
	e.mu.Unlock()
	if !known || g.client != id || g.redirect != r.PostForm.Get("redirect_uri") || e.config.Now().After(g.expires) {
		return nil, &refused{http.StatusBadRequest, "invalid_grant", 70008, "The provided authorization code is wrong, used or expired."}
	}
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if base64URL(sum[:]) != g.challenge {
		return nil, &refused{http.StatusBadRequest, "invalid_grant", 50148, "The code_verifier does not match the code_challenge."}
	}
	var access string
	if e.forAPI(g.scopes) {
		options := []Option{With("azp", id)}
		if app != nil {
			options = append(options, With("azpacr", "1"))
		}
		access = e.IssueUser(g.persona, options...)
	} else {
		// Without a scope of another API the access token is one for Graph, as Entra's is.
		access = e.IssueGraph(Application{ClientID: id}, &g.persona)
	}
	body := e.answerToken(access)
	body["scope"] = strings.Join(g.scopes, " ")
	if slices.Contains(g.scopes, "openid") {
		body["id_token"] = e.IssueID(g.persona, id, g.nonce)
	}
	// MSAL asks for it and builds its account from it.
	body["client_info"] = segment(map[string]any{"uid": g.persona.ID, "utid": e.config.Tenant})
	return body, nil
}

func (e *Entra) forAPI(scopes []string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool {
		return scope == "api://"+e.config.API+"/"+e.config.Scope || scope == e.config.API+"/"+e.config.Scope
	})
}

// answerToken is RFC 6749 §5.1. expires_in is a number of seconds from now, whatever the token is dated.
func (e *Entra) answerToken(token string) map[string]any {
	seconds := int64(e.Lifetime(token) / time.Second)
	return map[string]any{"token_type": "Bearer", "access_token": token, "expires_in": seconds, "ext_expires_in": seconds}
}

// Lifetime is how much longer a token made here lasts.
func (e *Entra) Lifetime(token string) time.Duration {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	_ = json.Unmarshal(payloadOf(token), &claims)
	return time.Unix(claims.Expires, 0).Sub(e.config.Now())
}
