package entraid

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"slices"
	"time"
)

const (
	// maxGroups is how many groups a JWT of Entra's holds (access token claims reference, "Groups overage claim").
	maxGroups = 200
	// datedBack is how long before now Entra dates a token, for the sake of slow clocks (its documented v2 sample
	// lasts 65 minutes from iat for a lifetime of 60).
	datedBack = 5 * time.Minute
	// A lifetime is random in this range (access tokens, "Token lifetime").
	minLifetime, maxLifetime = 60 * time.Minute, 90 * time.Minute
)

// Option changes the claims of one token.
type Option func(claims map[string]any)

// With sets a claim.
func With(name string, value any) Option {
	return func(claims map[string]any) { claims[name] = value }
}

// Without takes a claim away.
func Without(name string) Option {
	return func(claims map[string]any) { delete(claims, name) }
}

// IssueUser gives the access token for the API that the add-in gets for somebody.
func (e *Entra) IssueUser(p Persona, options ...Option) string {
	return e.Issue(change(e.UserClaims(p), options), nil)
}

// IssueApplication gives the access token for the API that a program gets for itself.
func (e *Entra) IssueApplication(a Application, options ...Option) string {
	return e.Issue(change(e.ApplicationClaims(a), options), nil)
}

// IssueID gives the ID token that a client gets when somebody signs in to it.
func (e *Entra) IssueID(p Persona, client, nonce string, options ...Option) string {
	claims := e.common(client, p.ID, subject(p.ID, client))
	claims["name"], claims["preferred_username"] = p.Name, p.Address
	if nonce != "" {
		claims["nonce"] = nonce
	}
	e.memberships(p, claims)
	return e.Issue(change(claims, options), nil)
}

// UserClaims are the claims of IssueUser, to be bent by a test.
func (e *Entra) UserClaims(p Persona) map[string]any {
	claims := e.common(e.config.API, p.ID, subject(p.ID, e.config.API))
	claims["azp"], claims["azpacr"] = e.config.AddIn, "0" // a public client
	claims["scp"] = e.config.Scope
	claims["name"], claims["preferred_username"] = p.Name, p.Address
	e.memberships(p, claims)
	return claims
}

// memberships are the app roles and the groups, as both kinds of token have them.
func (e *Entra) memberships(p Persona, claims map[string]any) {
	if len(p.Roles) > 0 {
		claims["roles"] = p.Roles
	}
	switch {
	case len(p.Groups) > maxGroups:
		claims["_claim_names"] = map[string]string{"groups": "src1"}
		// The retired address, which Entra still writes and nobody should ask.
		claims["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": "https://graph.windows.net/" + e.config.Tenant + "/users/" + p.ID + "/getMemberObjects"}}
	case len(p.Groups) > 0:
		claims["groups"] = slices.Clone(p.Groups)
	}
}

// ApplicationClaims are the claims of IssueApplication. idtyp is there, as where the registration asks for it.
func (e *Entra) ApplicationClaims(a Application) map[string]any {
	claims := e.common(e.config.API, a.ObjectID, a.ObjectID)
	claims["azp"], claims["azpacr"], claims["idtyp"] = a.ClientID, "1", "app" // "1": proved by a secret
	if len(a.Roles) > 0 {
		claims["roles"] = slices.Clone(a.Roles)
	}
	return claims
}

// common are the claims of every version 2 token.
func (e *Entra) common(audience, oid, sub string) map[string]any {
	now := e.config.Now()
	return map[string]any{
		"aud": audience, "iss": e.Issuer(), "tid": e.config.Tenant, "ver": "2.0",
		"iat": now.Add(-datedBack).Unix(), "nbf": now.Add(-datedBack).Unix(), "exp": now.Add(lifetime()).Unix(),
		"oid": oid, "sub": sub, "uti": random(16), "rh": "0." + random(24), "aio": random(32),
	}
}

func change(claims map[string]any, options []Option) map[string]any {
	for _, option := range options {
		option(claims)
	}
	return claims
}

// subject is pairwise, as Entra's: another for each application.
func subject(oid, client string) string {
	sum := sha256.Sum256([]byte(oid + "/" + client))
	return base64URL(sum[:])
}

func lifetime() time.Duration {
	var b [8]byte
	rand.Read(b[:])
	span := uint64((maxLifetime - minLifetime) / time.Second)
	return minLifetime + time.Duration(binary.BigEndian.Uint64(b[:])%span)*time.Second
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64URL(b)
}

func publicPEM(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
