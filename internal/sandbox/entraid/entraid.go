package entraid

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Persona is somebody who can sign in.
type Persona struct {
	ID      string // oid, a GUID
	Name    string
	Address string
	Groups  []string // group ids; above 200 the tokens say only that there are many
	Roles   []string // app roles given to the person
}

// Application is a program that can get tokens of its own.
type Application struct {
	ClientID string // the app registration's, a GUID
	ObjectID string // the service principal's, a GUID: oid in its tokens
	Name     string
	Secret   string
	Roles    []string // app roles on the API, such as Config.Role
}

// Config describes the tenant.
type Config struct {
	Tenant       string // GUID
	Base         string // where it is reached: "http://127.0.0.1:8001"; Start fills it in
	API          string // client id of the API that the tokens are for, a GUID
	Scope        string // delegated scope, "Mail.SendSecure"
	Role         string // app role, "Mail.SendSecure.All"
	AddIn        string // client id of the add-in (a public client), a GUID
	Personas     []Persona
	Applications []Application
	Redirects    []string // redirect addresses that codes may be sent to, exactly
	Now          func() time.Time
	NewKey       func() (*rsa.PrivateKey, error) // nil makes RSA-2048; tests hand out ready ones
}

// Entra is one running tenant. It is safe for concurrent use.
type Entra struct {
	config  Config
	fetches atomic.Int64
	down    atomic.Bool

	mu        sync.Mutex
	keys      []signingKey // published; the last one signs
	codes     map[string]grant
	redirects []string
}

// New makes the tenant with one key.
func New(c Config) (*Entra, error) {
	base, err := url.Parse(c.Base)
	switch {
	case err != nil || base.Scheme == "" || base.Host == "":
		return nil, errors.New("entraid: Base must be where it is reached, such as http://127.0.0.1:8001")
	case c.Tenant == "" || c.API == "":
		return nil, errors.New("entraid: Tenant and API must be set")
	}
	c.Base = strings.TrimRight(c.Base, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewKey == nil {
		// 2048 bits, as Entra's own.
		c.NewKey = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	}
	e := &Entra{config: c, codes: map[string]grant{}, redirects: slices.Clone(c.Redirects)}
	if _, err := e.RotateKeys(); err != nil {
		return nil, err
	}
	return e, nil
}

// Authority is what to configure as the sign-in service: scheme and host.
func (e *Entra) Authority() string { return e.config.Base }

// Issuer is iss of version 2 tokens.
func (e *Entra) Issuer() string { return e.config.Base + "/" + e.config.Tenant + "/v2.0" }

// AllowRedirect registers one more redirect address: a page's address is often known only once its program listens. The page's
// origin may then call the token endpoint from a browser, as with a redirect of the kind "single-page application" in Entra.
func (e *Entra) AllowRedirect(address string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.redirects = append(e.redirects, address)
}

func (e *Entra) allowedRedirects() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.redirects)
}

// KeyFetches counts the requests for the keys, answered or not.
func (e *Entra) KeyFetches() int64 { return e.fetches.Load() }

// SetDown makes every endpoint answer 503, or stop doing so.
func (e *Entra) SetDown(down bool) { e.down.Store(down) }

// Handler serves the endpoints.
func (e *Entra) Handler() http.Handler {
	tenant := "/" + e.config.Tenant
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+tenant+"/v2.0/.well-known/openid-configuration", e.discovery)
	mux.HandleFunc("GET "+tenant+"/discovery/v2.0/keys", e.publishedKeys)
	mux.HandleFunc("GET "+tenant+"/oauth2/v2.0/authorize", e.authorize)
	mux.HandleFunc("POST "+tenant+"/oauth2/v2.0/token", e.token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/keys") {
			e.fetches.Add(1)
		}
		if e.down.Load() {
			http.Error(w, "the sandbox was told to be down", http.StatusServiceUnavailable)
			return
		}
		e.allowBrowsers(w, r)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// allowBrowsers does as Entra: the origins of registered redirects may call the endpoints from a page.
func (e *Entra) allowBrowsers(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	for _, redirect := range e.allowedRedirects() {
		u, err := url.Parse(redirect)
		if err == nil && origin != "" && origin == u.Scheme+"://"+u.Host {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Headers", "*")
			w.Header().Add("Vary", "Origin")
			return
		}
	}
}

// persona finds somebody by address or oid.
func (e *Entra) persona(hint string) (Persona, error) {
	for _, p := range e.config.Personas {
		if strings.EqualFold(p.Address, hint) || strings.EqualFold(p.ID, hint) {
			return p, nil
		}
	}
	return Persona{}, errors.New("entraid: no such persona")
}
