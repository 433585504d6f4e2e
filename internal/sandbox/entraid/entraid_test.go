package entraid_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/coreos/go-oidc/v3/oidc"

	"aau.dk/sendsikker/internal/sandbox/entraid"
)

var readyKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 2)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

const redirect = "http://127.0.0.1:9/addin/done.html"

func start(t *testing.T) (*entraid.Entra, entraid.Config) {
	t.Helper()
	c := entraid.University()
	c.Redirects = []string{redirect}
	next := 0
	c.NewKey = func() (*rsa.PrivateKey, error) { next++; return readyKeys()[next-1], nil }
	e, stop, err := entraid.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return e, c
}

func TestGoOIDCDiscoversTheTenantAndBelievesItsIDTokens(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	provider, err := oidc.NewProvider(t.Context(), e.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: c.AddIn})
	token, err := verifier.Verify(t.Context(), e.IssueID(c.Personas[0], c.AddIn, "n-1"))
	if err != nil || token.Nonce != "n-1" {
		t.Errorf("%+v, %v", token, err)
	}
}

func TestSomebodySignsInWithACodeOnce(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	back := signIn(t, e, c, url.Values{"login_hint": {"anna@aau.example"}})
	if back.Get("state") != "s-1" {
		t.Fatalf("sent back with %v", back)
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {c.AddIn}, "code": {back.Get("code")},
		"redirect_uri": {redirect}, "code_verifier": {verifier},
	}
	status, body := post(t, e, c, form)
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, body)
	}
	access := claimsOf(t, body["access_token"].(string))
	for name, want := range map[string]any{"aud": c.API, "azp": c.AddIn, "azpacr": "0", "scp": c.Scope, "oid": c.Personas[0].ID, "ver": "2.0"} {
		if access[name] != want {
			t.Errorf("access token: %s is %v, want %v", name, access[name], want)
		}
	}
	id := claimsOf(t, body["id_token"].(string))
	if id["aud"] != c.AddIn || id["nonce"] != "n-1" || id["scp"] != nil {
		t.Errorf("ID token: %v", id)
	}
	if status, _ := post(t, e, c, form); status != http.StatusBadRequest {
		t.Errorf("the code was good twice: %d", status)
	}
}

func TestACodeIsGoodForItsClientAndItsVerifierOnly(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	for name, change := range map[string]url.Values{
		"another verifier":  {"code_verifier": {"another"}},
		"no verifier":       {"code_verifier": {""}},
		"another redirect":  {"redirect_uri": {redirect + "x"}},
		"another client":    {"client_id": {c.API}, "client_secret": {c.Applications[0].Secret}},
		"an unknown client": {"client_id": {entraid.Group(1)}},
		"a wrong code":      {"code": {"0.x"}},
	} {
		form := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {c.AddIn}, "redirect_uri": {redirect}, "code_verifier": {verifier},
			"code": {signIn(t, e, c, url.Values{"login_hint": {c.Personas[0].ID}}).Get("code")},
		}
		for key, value := range change {
			form[key] = value
		}
		if status, body := post(t, e, c, form); status == http.StatusOK {
			t.Errorf("%s: %v", name, body["scope"])
		}
	}
}

func TestWithoutAHintOneChooses(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	response := authorize(t, e, c, nil)
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", response.StatusCode, err)
	}
	if len(c.Personas) == 0 {
		t.Fatal("nobody to choose")
	}
	for _, p := range c.Personas {
		if !strings.Contains(string(body), p.Name) || !strings.Contains(string(body), "login_hint="+url.QueryEscape(p.Address)) {
			t.Errorf("%s cannot be chosen", p.Name)
		}
	}
	if !strings.Contains(string(body), "Hvem vil du logge ind som?") || response.Header.Get("Content-Security-Policy") == "" {
		t.Error("the page has lost its question or its policy")
	}
}

func TestABadRequestIsNotSentToAStrangersAddress(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	for name, change := range map[string]url.Values{
		"unknown address": {"redirect_uri": {"https://attacker.example/"}},
		"prefix":          {"redirect_uri": {redirect + "/.."}},
		"unknown client":  {"client_id": {entraid.Group(1)}},
	} {
		if response := authorize(t, e, c, change); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	for name, change := range map[string]url.Values{
		"unsupported_response_type": {"response_type": {"token"}},
		"invalid_request":           {"code_challenge_method": {"plain"}},
		"login_required":            {"prompt": {"none"}},
	} {
		response := authorize(t, e, c, change)
		location, err := response.Location()
		if err != nil || location.Query().Get("error") != name || location.Query().Get("state") != "s-1" {
			t.Errorf("%s: %v %v", name, location, err)
		}
	}
	fragment := authorize(t, e, c, url.Values{"response_mode": {"fragment"}, "login_hint": {"anna@aau.example"}})
	if location, err := fragment.Location(); err != nil || !strings.HasPrefix(location.Fragment, "code=") {
		t.Errorf("fragment: %v %v", location, err)
	}
}

func TestAnApplicationGetsWhatItAsksFor(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	ask := func(a entraid.Application, scope string) (int, map[string]any) {
		return post(t, e, c, url.Values{"grant_type": {"client_credentials"}, "client_id": {a.ClientID}, "client_secret": {a.Secret}, "scope": {scope}})
	}
	status, body := ask(c.Applications[1], "api://"+c.API+"/.default")
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, body)
	}
	claims := claimsOf(t, body["access_token"].(string))
	if claims["oid"] != claims["sub"] || claims["idtyp"] != "app" || claims["scp"] != nil || claims["roles"] == nil {
		t.Errorf("%v", claims)
	}
	if left := body["expires_in"].(float64); left < 3590 || left > 5400 {
		t.Errorf("lasts %v seconds", left)
	}
	wrong := c.Applications[1]
	wrong.Secret = "gættet"
	if status, body := ask(wrong, "api://"+c.API+"/.default"); status != http.StatusUnauthorized || body["error"] != "invalid_client" {
		t.Errorf("a wrong secret: %d %v", status, body)
	}
	if status, body := ask(c.Applications[1], "Mail.SendSecure"); status != http.StatusBadRequest || body["error"] != "invalid_scope" {
		t.Errorf("a wrong scope: %d %v", status, body)
	}
}

func TestTheCredentialGetsAGraphTokenOnceAndGraphBelievesIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	c := entraid.University()
	c.Now = func() time.Time { return now }
	c.NewKey = func() (*rsa.PrivateKey, error) { return readyKeys()[0], nil }
	e, stop, err := entraid.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	credential := e.Credential(c.Applications[0])
	get := func() string {
		token, err := credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
		if err != nil {
			t.Fatal(err)
		}
		return token.Token
	}
	first := get()
	if again := get(); again != first {
		t.Error("asked twice")
	}
	if app, err := e.VerifyGraphToken(first); err != nil || app != c.API {
		t.Errorf("%q, %v", app, err)
	}
	now = now.Add(91 * time.Minute)
	if get() == first {
		t.Error("an old token was used")
	}
	if _, err := e.VerifyGraphToken(first); err == nil {
		t.Error("Graph believes an expired token")
	}
}

func TestGraphBelievesItsOwnTokensOnly(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	good := e.IssueGraph(c.Applications[0], nil)
	parts := strings.Split(good, ".")
	other := strings.Split(e.IssueGraph(c.Applications[1], nil), ".")
	cases := map[string]string{
		"one for the API": e.IssueApplication(c.Applications[1]),
		"rubbish":         "x", "empty": "", "dots": "..",
		"another's claims": parts[0] + "." + other[1] + "." + parts[2],
		"expired":          e.IssueGraph(c.Applications[0], nil, entraid.With("exp", time.Now().Add(-time.Minute).Unix())),
		"a plain JWT":      e.Issue(map[string]any{"aud": entraid.GraphAudience, "appid": c.API, "exp": time.Now().Add(time.Hour).Unix()}, nil),
	}
	for name, token := range cases {
		if app, err := e.VerifyGraphToken(token); err == nil {
			t.Errorf("%s was believed, as %q", name, app)
		}
	}
	if _, err := e.VerifyGraphToken(good); err != nil {
		t.Error(err)
	}
	old := e.KeyID()
	if err := e.WithdrawKey(old); err == nil {
		t.Error("the signing key was withdrawn")
	}
	if _, err := e.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	if err := e.WithdrawKey(old); err != nil {
		t.Fatal(err)
	}
	if _, err := e.VerifyGraphToken(good); err == nil {
		t.Error("a withdrawn key is believed")
	}
}

func TestAPageOfARegisteredOriginMayAskForTokens(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	for origin, want := range map[string]string{"http://127.0.0.1:9": "http://127.0.0.1:9", "https://attacker.example": ""} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, e.Authority()+"/"+c.Tenant+"/oauth2/v2.0/token", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q", origin, got)
		}
	}
}

const verifier = "a-verifier-that-is-long-enough-for-rfc-7636-section-4-1"

func authorize(t *testing.T, e *entraid.Entra, c entraid.Config, change url.Values) *http.Response {
	t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"client_id": {c.AddIn}, "redirect_uri": {redirect}, "response_type": {"code"}, "state": {"s-1"}, "nonce": {"n-1"},
		"scope":          {"openid profile api://" + c.API + "/" + c.Scope},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for key, value := range change {
		query[key] = value
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(e.Authority() + "/" + c.Tenant + "/oauth2/v2.0/authorize?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func signIn(t *testing.T, e *entraid.Entra, c entraid.Config, change url.Values) url.Values {
	t.Helper()
	location, err := authorize(t, e, c, change).Location()
	if err != nil {
		t.Fatal(err)
	}
	return location.Query()
}

func post(t *testing.T, e *entraid.Entra, c entraid.Config, form url.Values) (int, map[string]any) {
	t.Helper()
	response, err := http.PostForm(e.Authority()+"/"+c.Tenant+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
