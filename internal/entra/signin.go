package entra

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"aau.dk/sendsikker/internal/fault"
)

// redeemTime bounds the one request that a sign-in costs: a person looks at a white page meanwhile.
const redeemTime = 10 * time.Second

// SignInConfig says how people sign in to pages of ours, with a browser. All but Secret, CertificateFile, HTTPClient and Now must be
// set, and one of the two proofs.
type SignInConfig struct {
	Tenant, Client, Authority string        // as in Config; Client is the registration that has the redirect address
	Redirect                  string        // where Entra sends people back to, exactly as registered ("Web", not "SPA")
	Secret                    func() string // proves to Entra that it is we who redeem a code
	CertificateFile           string        // the same, and better: nothing that could be copied leaves the machine
	HTTPClient                *http.Client  // nil is a plain one
	Now                       func() time.Time
}

// SignIn is the authorization code flow of OpenID Connect with PKCE (RFC 6749 section 4.1, RFC 7636). It is safe for concurrent use.
type SignIn struct {
	config SignInConfig
	oauth  oauth2.Config
	issuer string
	keys   *keySet
	prove  func(now time.Time) ([]oauth2.AuthCodeOption, error)
}

// Attempt is what a browser must bring back for its sign-in to count. It belongs in a cookie that no other site and no script can set
// or read.
type Attempt struct {
	State    string `json:"s"` // that the answer is to a question of this browser (RFC 6749 section 10.12)
	Nonce    string `json:"n"` // that the ID token is the answer's (OpenID Connect Core section 3.1.2.1)
	Verifier string `json:"v"` // that whoever has only seen the code cannot redeem it (RFC 7636 section 1)
}

// Person is who has signed in.
type Person struct {
	ID      string // object id, in lower case
	Name    string // for people to read, never for deciding
	Roles   []string
	Groups  []string
	Overage bool // the token could not hold all groups: ask the directory
}

// The codes of a sign-in that came to nothing.
const (
	CodeSignInFailed  = "sign_in_failed"
	CodeSignInRefused = "sign_in_refused"
)

// NewSignIn checks the settings. It does not use the network: Entra's addresses are known (OpenID configuration of the v2.0 endpoint).
func NewSignIn(c SignInConfig) (*SignIn, error) {
	tenant, isTenant := guid(c.Tenant)
	client, isClient := guid(c.Client)
	authority, err := checkAuthority(c.Authority)
	back, redirectErr := url.Parse(c.Redirect)
	switch {
	case !isTenant:
		return nil, errors.New("tenant: must be a GUID")
	case !isClient:
		return nil, errors.New("client: must be a GUID")
	case err != nil:
		return nil, err
	case redirectErr != nil || back.Scheme != "https" && (back.Scheme != "http" || !isLoopback(back.Hostname())):
		return nil, errors.New("redirect: must be https (http is for loopback only)")
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	own := *c.HTTPClient
	// A secret goes to the one known address, or nowhere.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.HTTPClient = &own
	base := authority + "/" + tenant
	s := &SignIn{
		config: c, issuer: base + "/v2.0",
		oauth: oauth2.Config{
			ClientID: client, RedirectURL: c.Redirect, Scopes: []string{oidc.ScopeOpenID, "profile"},
			Endpoint: oauth2.Endpoint{AuthURL: base + "/oauth2/v2.0/authorize", TokenURL: base + "/oauth2/v2.0/token", AuthStyle: oauth2.AuthStyleInParams},
		},
	}
	s.keys = newKeySet(base+"/discovery/v2.0/keys", s.issuer, c.HTTPClient, c.Now)
	if s.prove, err = proofOf(c, client, s.oauth.Endpoint.TokenURL); err != nil {
		return nil, err
	}
	return s, nil
}

// Begin gives the address to send a browser to. With choose, Entra asks who it is even where it knows.
func (s *SignIn) Begin(choose bool) (address string, a Attempt) {
	a = Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(a.Verifier), oidc.Nonce(a.Nonce), oauth2.SetAuthURLParam("response_mode", "query")}
	if choose {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return s.oauth.AuthCodeURL(a.State, options...), a
}

// Finish reads the answer that a browser brought back, and says who it is. Every error is a *fault.Fault; none holds anything of
// the answer.
func (s *SignIn) Finish(ctx context.Context, a Attempt, answer url.Values) (Person, error) {
	// An empty state would equal the one of a browser that asked nothing.
	if a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(answer.Get("state"))) != 1 {
		return Person{}, failed(errors.New("the answer is not to a question of this browser"))
	}
	if answer.Get("error") != "" {
		return Person{}, fault.New(fault.Unauthenticated, CodeSignInRefused, fault.Sentence{
			DA: "Microsoft gennemførte ikke dit login. Prøv igen, eller kontakt support, hvis din konto skulle have adgang.",
			EN: "Microsoft did not complete your sign-in. Try again, or contact support if your account should have access.",
		}, errors.New("the sign-in service answered with an error"))
	}
	ctx, cancel := context.WithTimeout(ctx, redeemTime)
	defer cancel()
	raw, err := s.redeem(ctx, a, answer.Get("code"))
	if err != nil {
		return Person{}, err
	}
	return s.read(ctx, raw, a.Nonce)
}

// redeem changes the code for an ID token. The access token that comes along is for nobody here.
func (s *SignIn) redeem(ctx context.Context, a Attempt, code string) (string, error) {
	options, err := s.prove(s.config.Now())
	if err != nil {
		return "", fmt.Errorf("proving who we are to the sign-in service: %w", err)
	}
	options = append(options, oauth2.VerifierOption(a.Verifier))
	token, err := s.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, s.config.HTTPClient), code, options...)
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); is && refused.Response.StatusCode < http.StatusInternalServerError {
		// Its texts quote the request. The code is one of RFC 6749 section 5.2.
		if refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client" {
			return "", fmt.Errorf("the sign-in service does not take our proof (%s): is the secret or the certificate the registration's?", refused.ErrorCode)
		}
		return "", failed(errors.New("the sign-in service does not take the code"))
	}
	if err != nil {
		return "", refuse(CodeKeysUnavailable, errors.New("the sign-in service does not answer"))
	}
	raw, _ := token.Extra("id_token").(string)
	return raw, nil
}

// read proves the ID token, as Verify does an access token, and says whose it is.
func (s *SignIn) read(ctx context.Context, raw, nonce string) (Person, error) {
	unproven, err := read(raw)
	if err != nil {
		return Person{}, err
	}
	p := &proof{keys: s.keys, keyID: unproven.keyID}
	_, err = oidc.NewVerifier(s.issuer, p, &oidc.Config{
		ClientID: s.oauth.ClientID, SupportedSigningAlgs: []string{oidc.RS256},
		Now: func() time.Time { return s.config.Now().Add(-Leeway) },
	}).Verify(ctx, raw)
	if p.err != nil {
		return Person{}, p.err
	}
	if err != nil {
		return Person{}, failed(errors.New("go-oidc refuses the ID token")) // its texts quote claims
	}
	c, err := parseClaims(p.payload)
	if err != nil {
		return Person{}, failed(err)
	}
	tenant, _ := guid(s.config.Tenant)
	switch {
	case nonce == "" || subtle.ConstantTimeCompare([]byte(c.nonce), []byte(nonce)) != 1:
		return Person{}, failed(errors.New("the ID token is not the answer to this sign-in"))
	case c.ver != "2.0" || c.iss != s.issuer || c.tid != tenant:
		return Person{}, failed(errors.New("the ID token is not a version 2 token of our tenant"))
	case c.oid == "":
		return Person{}, failed(errors.New("oid is missing or not a GUID"))
	}
	return Person{ID: c.oid, Name: clean(c.name), Roles: slices.Clone(c.roles), Groups: c.groupIDs(), Overage: c.overage}, nil
}

func failed(cause error) error {
	return fault.New(fault.Unauthenticated, CodeSignInFailed, fault.Sentence{
		DA: "Dit login kunne ikke gennemføres; måske tog det for lang tid. Log ind igen.",
		EN: "Your sign-in could not be completed; it may have taken too long. Sign in again.",
	}, cause)
}
