package vault

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Host is the vault's name in Azure.
const Host = "pretend.vault.azure.net"

const bearer = "eyJ-a-secret-bearer"

// Key is one version of a key. Whoever has the vault changes it as an administrator does in the portal.
type Key struct {
	Private  crypto.Signer // *rsa.PrivateKey, or *ecdsa.PrivateKey of which there is only the public half
	Disabled bool
	Ops      []string // what it may be used for; nil is everything
}

// Weather answers instead of the vault where it gives true.
type Weather func(w http.ResponseWriter, r *http.Request) bool

// Call is one question that reached the vault with a token.
type Call struct{ Method, Path, Algorithm string }

// Vault is the server.
type Vault struct {
	server *httptest.Server
	client *http.Client

	mu      sync.Mutex
	keys    map[string]*Key // by name/version
	weather Weather
	calls   []Call
}

// Start starts an empty one.
func Start() *Vault {
	v := &Vault{keys: map[string]*Key{}}
	v.server = httptest.NewTLSServer(http.HandlerFunc(v.serve))
	roots := v.server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	v.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, v.server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12},
	}}
	return v
}

// Close ends it.
func (v *Vault) Close() {
	v.client.CloseIdleConnections()
	v.server.Close()
}

// Client reaches the vault under its name in Azure.
func (v *Vault) Client() *http.Client { return v.client }

// Credential is azidentity's place.
func (v *Vault) Credential() azcore.TokenCredential { return credential{} }

type credential struct{}

func (credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 || o.Scopes[0] != "https://vault.azure.net/.default" {
		return azcore.AccessToken{}, errors.New("wrong scope")
	}
	return azcore.AccessToken{Token: bearer, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// Put stores a version of a key, and gives the reference to it.
func (v *Vault) Put(name, version string, k Key) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys[name+"/"+version] = &k
	return "azurekeyvault://" + Host + "/keys/" + name + "/" + version
}

// SetWeather changes the weather; nil is fair. What was called before is forgotten.
func (v *Vault) SetWeather(w Weather) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.weather, v.calls = w, nil
}

// Calls are those since the weather changed.
func (v *Vault) Calls() []Call {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.calls)
}

// Refuse answers with an error as Key Vault writes one.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// Always is weather that refuses everything; header is names and values in turn.
func Always(status int, code string, header ...string) Weather {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		Refuse(w, status, code, "the vault's own words")
		return true
	}
}

func (v *Vault) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var asked struct {
		Alg   string `json:"alg"`
		Value string `json:"value"`
	}
	if r.Method == http.MethodPost {
		_ = json.NewDecoder(r.Body).Decode(&asked) // what is none has no algorithm, and is refused for that
	}
	v.mu.Lock()
	v.calls = append(v.calls, Call{r.Method, r.URL.Path, asked.Alg})
	weather := v.weather
	v.mu.Unlock()
	if weather != nil && weather(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+bearer {
		Refuse(w, http.StatusUnauthorized, "Unauthorized", "AKV10022: Invalid audience.")
		return
	}
	name, version, operation := parts(r.URL.Path)
	v.mu.Lock()
	k := v.keys[name+"/"+version]
	v.mu.Unlock()
	if k == nil {
		Refuse(w, http.StatusNotFound, "KeyNotFound", "A key with (name/id) "+name+"/"+version+" was not found in this key vault.")
		return
	}
	id := "https://" + Host + "/keys/" + name + "/" + version
	if operation == "" && r.Method == http.MethodGet {
		answer(w, k.show(id))
		return
	}
	if k.Disabled {
		Refuse(w, http.StatusForbidden, "Forbidden", "Operation "+operation+" is not allowed on a disabled key.")
		return
	}
	if k.Ops != nil && !slices.Contains(k.Ops, operation) {
		Refuse(w, http.StatusForbidden, "Forbidden", "Operation "+operation+" is not permitted on this key.")
		return
	}
	value, err := k.do(operation, asked.Alg, asked.Value)
	if err != nil {
		Refuse(w, http.StatusBadRequest, "BadParameter", err.Error())
		return
	}
	answer(w, map[string]string{"kid": id, "value": value})
}

// parts of /keys/NAME/VERSION/OPERATION.
func parts(path string) (name, version, operation string) {
	p := strings.Split(strings.TrimPrefix(path, "/keys/"), "/")
	for len(p) < 3 {
		p = append(p, "")
	}
	return p[0], p[1], p[2]
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func exponent(public *rsa.PublicKey) []byte { return big.NewInt(int64(public.E)).Bytes() }
