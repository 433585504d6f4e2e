package entra_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// Whatever the string: no panic, an answer that is one of ours, and the network is asked only about what another
// reading of the rules (below, from the RFCs) also takes for an RS256 token of our tenant for our API.
func FuzzVerify(f *testing.F) {
	c := entraid.University()
	c.Base, c.NewKey = "http://127.0.0.1:1", newKeys()
	tenant, err := entraid.New(c)
	if err != nil {
		f.Fatal(err)
	}
	good := tenant.IssueUser(c.Personas[0])
	f.Add(good)
	f.Add(tenant.IssueUser(c.Personas[4]))
	f.Add(tenant.IssueApplication(c.Applications[1]))
	f.Add(tenant.IssueID(c.Personas[0], c.API, "n"))
	f.Add(tenant.IssueGraph(c.Applications[0], nil))
	f.Add(tenant.Issue(tenant.UserClaims(c.Personas[0]), map[string]any{"alg": "none"}))
	f.Add(tenant.Issue(tenant.UserClaims(c.Personas[0]), map[string]any{"kid": strings.Repeat("k", 200)}))
	f.Add(good[:len(good)/2])
	f.Add("..")
	f.Add("e30.e30.e30")
	f.Add(`{"payload":"","signatures":[{}]}`)
	f.Add(strings.Repeat(".", 1000))
	f.Add("Bearer " + good)
	f.Add("\xff\x00.\n.\u202e")

	f.Fuzz(func(t *testing.T, token string) {
		network := &counting{}
		v, err := entra.NewVerifier(entra.Config{
			Tenant: c.Tenant, Audience: c.API, Clients: []string{c.AddIn}, Scope: c.Scope, Role: c.Role,
			Authority: tenant.Authority(), HTTPClient: &http.Client{Transport: network},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), token)
		if err == nil {
			t.Fatal("let in without a key")
		}
		if _, ours := errors.AsType[*fault.Fault](err); !ours || fault.From(err).Say.DA == "" {
			t.Fatalf("not an answer of ours: %v", err)
		}
		if len(token) > 20 && strings.Contains(err.Error(), token) {
			t.Fatal("the error holds the token")
		}
		if calls := network.calls.Load(); calls > 1 || calls == 1 && !plausible(token, c) {
			t.Fatalf("%d calls", calls)
		}
	})
}

// Whatever the answer to the request for keys: no panic, and a token gets in only if the answer holds its key's modulus.
func FuzzKeySet(f *testing.F) {
	c := entraid.University()
	c.Base, c.NewKey = "http://127.0.0.1:1", newKeys()
	tenant, err := entraid.New(c)
	if err != nil {
		f.Fatal(err)
	}
	good := tenant.IssueUser(c.Personas[0])
	recorder := httptest.NewRecorder()
	tenant.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/"+c.Tenant+"/discovery/v2.0/keys", nil))
	set := recorder.Body.String()
	modulus := base64.RawURLEncoding.EncodeToString(readyKeys()[0].N.Bytes())
	f.Add(set)
	f.Add(strings.ReplaceAll(set, "RSA", "EC"))
	f.Add(strings.ReplaceAll(set, modulus, "AQAB"))
	f.Add(`{"keys":[null,7,{},{"kty":"RSA","kid":"` + tenant.KeyID() + `","n":"","e":""}]}`)
	f.Add(`{"keys":{}}`)
	f.Add("")

	f.Fuzz(func(t *testing.T, body string) {
		v, err := entra.NewVerifier(entra.Config{
			Tenant: c.Tenant, Audience: c.API, Clients: []string{c.AddIn}, Scope: c.Scope, Role: c.Role,
			Authority: tenant.Authority(), HTTPClient: &http.Client{Transport: &answers{body: body, status: http.StatusOK}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(t.Context(), good)
		if err == nil && !strings.Contains(strings.ReplaceAll(body, "\\", ""), modulus) {
			t.Fatal("let in by a key that is not in the set")
		}
	})
}

type counting struct{ calls atomic.Int64 }

func (c *counting) RoundTrip(*http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return nil, errors.New("no network")
}

func plausible(token string, c entraid.Config) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 16<<10 {
		return false
	}
	var header struct{ Alg, Kid string }
	var claims struct{ Aud, Tid, Oid string }
	for i, into := range []any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(raw, into) != nil {
			return false
		}
	}
	return header.Alg == "RS256" && header.Kid != "" && strings.EqualFold(claims.Aud, c.API) &&
		strings.EqualFold(claims.Tid, c.Tenant) && claims.Oid != ""
}
