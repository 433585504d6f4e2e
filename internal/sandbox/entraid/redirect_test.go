package entraid_test

import (
	"net/http"
	"net/url"
	"testing"
)

// A page's address is registered when its program listens: from then on codes go there, and its origin may ask from a browser.
func TestAPageIsRegisteredWhileTheTenantRuns(t *testing.T) {
	t.Parallel()
	e, c := start(t)
	const page = "http://127.0.0.1:10/addin/signin.html"
	ask := func(method, path, origin string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, e.Authority()+"/"+c.Tenant+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Origin", origin)
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response
	}
	authorize := "/oauth2/v2.0/authorize?" + url.Values{
		"client_id": {c.AddIn}, "redirect_uri": {page}, "response_type": {"code"}, "response_mode": {"fragment"}, "scope": {"openid"},
		"code_challenge": {"x"}, "code_challenge_method": {"S256"}, "login_hint": {"anna@aau.example"},
	}.Encode()
	for _, registered := range []bool{false, true} {
		if registered {
			e.AllowRedirect(page)
		}
		status, allowed := http.StatusBadRequest, ""
		if registered {
			status, allowed = http.StatusFound, "http://127.0.0.1:10"
		}
		if got := ask(http.MethodGet, authorize, ""); got.StatusCode != status {
			t.Errorf("registered %v: authorize answers %d", registered, got.StatusCode)
		}
		for _, where := range []struct{ method, path string }{{http.MethodGet, "/v2.0/.well-known/openid-configuration"}, {http.MethodOptions, "/oauth2/v2.0/token"}, {http.MethodPost, "/oauth2/v2.0/token"}} {
			if got := ask(where.method, where.path, "http://127.0.0.1:10").Header.Get("Access-Control-Allow-Origin"); got != allowed {
				t.Errorf("registered %v: %s %s allows %q", registered, where.method, where.path, got)
			}
			if got := ask(where.method, where.path, "http://127.0.0.1:11").Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("a page of nobody's is allowed as %q", got)
			}
		}
	}
}
