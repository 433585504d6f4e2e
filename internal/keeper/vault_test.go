package keeper_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/internal/keeper"
)

const (
	vaultHost = "pretend.vault.azure.net"
	v1        = "0123456789abcdef0123456789abcdef"
	v2        = "fedcba9876543210fedcba9876543210"
	bearer    = "eyJ-a-secret-bearer"
)

func keyURL(version string) string {
	return "azurekeyvault://" + vaultHost + "/keys/sendsikker/" + version
}

// rsaKeys are the vault's keys by version, made once.
var rsaKeys = sync.OnceValue(func() map[string]*rsa.PrivateKey {
	keys := map[string]*rsa.PrivateKey{}
	for _, version := range []string{v1, v2} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[version] = key
	}
	return keys
})

// vault answers as Key Vault does: a challenge first, then encrypt and decrypt with the version in the path.
type vault struct {
	mu      sync.Mutex
	weather func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	calls   int
	client  *http.Client
}

func (v *vault) set(weather func(http.ResponseWriter, *http.Request) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.weather, v.calls = weather, 0
}

func (v *vault) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.calls
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	v.mu.Lock()
	v.calls++
	weather := v.weather
	v.mu.Unlock()
	if weather != nil && weather(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+bearer {
		refuse(w, http.StatusUnauthorized, "Unauthorized", "AKV10022: Invalid audience.")
		return
	}
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/keys/sendsikker/"), "/")
	key := rsaKeys()[path[0]]
	if key == nil || len(path) != 2 {
		refuse(w, http.StatusNotFound, "KeyNotFound", "A key with (name/id) sendsikker was not found in this key vault.")
		return
	}
	var asked struct {
		Alg   string `json:"alg"`
		Value string `json:"value"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "BadParameter", "no JSON")
		return
	}
	value, err := base64.RawURLEncoding.DecodeString(asked.Value)
	if err == nil && asked.Alg != "RSA-OAEP-256" {
		err = errors.New("another algorithm")
	}
	if err == nil && path[1] == "encrypt" {
		value, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, &key.PublicKey, value, nil)
	} else if err == nil {
		value, err = rsa.DecryptOAEP(sha256.New(), nil, key, value, nil)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadParameter", "the operation failed")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"kid": "https://" + vaultHost + "/keys/sendsikker/" + path[0], "value": base64.RawURLEncoding.EncodeToString(value),
	})
}

// credential is azidentity's place.
type credential struct{ err error }

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 || o.Scopes[0] != "https://vault.azure.net/.default" {
		return azcore.AccessToken{}, errors.New("wrong scope")
	}
	return azcore.AccessToken{Token: bearer, ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

// startVault serves a vault over TLS; its client finds it under Azure's name.
func startVault(t *testing.T) (*vault, keeper.Vault) {
	t.Helper()
	v := &vault{}
	web := httptest.NewTLSServer(v)
	t.Cleanup(web.Close)
	roots := web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	v.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, web.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"},
	}}
	t.Cleanup(v.client.CloseIdleConnections)
	return v, keeper.Vault{Credential: credential{}, Transport: v.client}
}

// cut breaks the connection off without an answer.
func cut(w http.ResponseWriter, _ *http.Request) bool {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
	return true
}

// echo is a proxy that answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) bool {
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.Copy(w, r.Body)
	return true
}

func always(status int, code string, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		refuse(w, status, code, "the vault's own words")
		return true
	}
}
