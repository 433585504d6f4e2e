package entraid

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// renewBefore is when a token is renewed ahead of its end: azidentity's own margin.
const renewBefore = 5 * time.Minute

// Credential gets an application's own tokens from the token endpoint over loopback, where azidentity insists on https.
// It is here and not in package entra because no real tenant needs it.
func (e *Entra) Credential(a Application) azcore.TokenCredential { return NewCredential(e.config, a) }

// NewCredential is Credential for another process than the one that the tenant lives in.
func NewCredential(tenant Config, a Application) azcore.TokenCredential {
	return &credential{
		endpoint: tenant.Base + "/" + tenant.Tenant + "/oauth2/v2.0/token",
		app:      a, now: tenant.Now, client: &http.Client{Timeout: 10 * time.Second},
		tokens: map[string]azcore.AccessToken{},
	}
}

type credential struct {
	endpoint string
	app      Application
	now      func() time.Time
	client   *http.Client

	mu     sync.Mutex
	tokens map[string]azcore.AccessToken // by scope
}

// GetToken asks once and remembers, as azidentity does.
func (c *credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	scope := strings.Join(options.Scopes, " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	if token, have := c.tokens[scope]; have && c.now().Add(renewBefore).Before(token.ExpiresOn) {
		return token, nil
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {scope},
		"client_id": {c.app.ClientID}, "client_secret": {c.app.Secret},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("asking the sandbox for a token: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.client.Do(request)
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("asking the sandbox for a token: %w", err)
	}
	defer response.Body.Close()
	var body struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
		Error   string `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&body); err != nil || response.StatusCode != http.StatusOK {
		return azcore.AccessToken{}, fmt.Errorf("asking the sandbox for a token: status %d %s", response.StatusCode, body.Error)
	}
	token := azcore.AccessToken{Token: body.Token, ExpiresOn: c.now().Add(time.Duration(body.Expires) * time.Second)}
	c.tokens[scope] = token
	return token, nil
}
