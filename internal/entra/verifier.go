package entra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// Leeway is how far our clock and Entra's may disagree. Entra itself dates a token some five minutes back
	// (documented v2 sample: exp − iat is 65 minutes for a lifetime of 60), so a clock that is slow by six passes.
	Leeway = 60 * time.Second
	// maxLifetime is the longest that Entra makes a token last: 28 h with continuous access evaluation, when it is not
	// 60–90 minutes (Microsoft, access tokens, "Token lifetime"), with the five minutes of dating back.
	maxLifetime = 28*time.Hour + 10*time.Minute
)

// Config says whose tokens are believed. All but Role, HTTPClient and Now must be set.
type Config struct {
	Tenant     string           // the tenant's GUID; "common" and names are refused
	Audience   string           // the API's client id, a GUID
	Clients    []string         // client ids that may act for users: the add-in's, and those of other programs with users
	Scope      string           // the delegated scope that a user's token must hold: its name only, "Mail.SendSecure"
	Role       string           // the app role that an application's token must hold; empty lets no application in
	Authority  string           // "https://login.microsoftonline.com"; http only on loopback
	HTTPClient *http.Client     // to fetch the keys with; nil is a plain one
	Now        func() time.Time // nil is time.Now
}

// Verifier checks access tokens. It is safe for concurrent use.
type Verifier struct {
	config Config
	issuer string
	keys   *keySet
	oidc   *oidc.Config
}

// NewVerifier checks the configuration and reports all that is wrong with it at once. It does not use the network: keys
// are fetched when the first token needs one.
func NewVerifier(c Config) (*Verifier, error) {
	var wrong []error
	id := func(setting string, value *string) {
		lower, ok := guid(*value)
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s: must be a GUID", setting))
		}
		*value = lower
	}
	id("tenant", &c.Tenant)
	id("audience", &c.Audience)
	c.Clients = append([]string(nil), c.Clients...)
	if len(c.Clients) == 0 {
		wrong = append(wrong, errors.New("clients: must name at least the add-in's client id, or no user can ever be let in"))
	}
	for i := range c.Clients {
		id(fmt.Sprintf("clients[%d]", i), &c.Clients[i])
	}
	if c.Scope == "" || strings.ContainsAny(c.Scope, " /") {
		wrong = append(wrong, errors.New("scope: must be the scope's name alone, such as Mail.SendSecure, without api://…/"))
	}
	authority, err := checkAuthority(c.Authority)
	if err != nil {
		wrong = append(wrong, err)
	}
	c.Authority = authority
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("checking the settings for Entra tokens: %w", err)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	issuer := c.Authority + "/" + c.Tenant + "/v2.0"
	return &Verifier{
		config: c,
		issuer: issuer,
		keys:   newKeySet(c.Authority+"/"+c.Tenant+"/discovery/v2.0/keys", issuer, c.HTTPClient, c.Now),
		oidc: &oidc.Config{
			ClientID:             c.Audience,
			SupportedSigningAlgs: []string{oidc.RS256},
			// go-oidc gives exp no leeway at all and nbf five minutes; with this clock exp gets ours, and nbf is
			// checked more strictly in identify.
			Now: func() time.Time { return c.Now().Add(-Leeway) },
		},
	}, nil
}

// Verify says who asks. token is the bearer token alone, without "Bearer ". Every error is a *fault.Fault with a code
// of this package: Unauthenticated for a token that proves nothing to us, Forbidden for a caller who may not use the
// service, Unavailable when the keys cannot be had now.
func (v *Verifier) Verify(ctx context.Context, token string) (Caller, error) {
	unproven, err := read(token)
	if err != nil {
		return Caller{}, err
	}
	claimed, err := parseClaims(unproven.payload)
	if err != nil {
		return Caller{}, refuse(CodeMalformed, err)
	}
	// Before the signature, so that a token that is not ours never costs a fetch, and so that the reason is the useful
	// one: a Graph token's signature cannot be checked by anybody but Graph, and "bad signature" would help nobody.
	if _, err := v.identify(claimed); err != nil {
		return Caller{}, err
	}

	proof := &proof{keys: v.keys, keyID: unproven.keyID}
	if _, err := oidc.NewVerifier(v.issuer, proof, v.oidc).Verify(ctx, token); err != nil {
		if proof.err != nil {
			return Caller{}, proof.err
		}
		// The cause stays out: go-oidc's texts quote claims.
		return Caller{}, malformed("go-oidc refuses it although every check of ours held")
	}

	// Once more, on the bytes that the signature was checked over: whatever the first look read, this is what counts.
	proven, err := parseClaims(proof.payload)
	if err != nil {
		return Caller{}, refuse(CodeMalformed, err)
	}
	kind, err := v.identify(proven)
	if err != nil {
		return Caller{}, err
	}
	if err := v.admit(proven, kind); err != nil {
		return Caller{}, err
	}
	return proven.caller(kind), nil
}
