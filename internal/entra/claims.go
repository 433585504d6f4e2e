package entra

import (
	"encoding/json"
	"errors"
	"slices"
)

// claims are the claims of an access token that we look at. Whether they are true is for the caller to know.
// tid, oid and azp are GUIDs in lower case, or empty.
type claims struct {
	aud, iss, ver, tid, oid, azp  string
	sub, azpacr, idtyp            string
	name, username, uti, jti      string
	nonce                         string
	scopes, roles, groups         []string
	expires, notBefore, issued    int64 // seconds since 1970
	isIDToken, hasScopes, overage bool
}

// errClaim names the claim, never its value.
type errClaim string

func (e errClaim) Error() string { return "claim " + string(e) + " is missing or has the wrong type" }

// parseClaims reads a token's payload. Names are matched exactly: encoding/json would take "OID" for "oid" in a struct.
func parseClaims(payload []byte) (claims, error) {
	var raw map[string]json.RawMessage
	if json.Unmarshal(payload, &raw) != nil || raw == nil {
		return claims{}, errors.New("the payload is not a JSON object")
	}
	var c claims
	var scp string
	for name, into := range map[string]*string{
		"aud": &c.aud, "iss": &c.iss, "ver": &c.ver, "tid": &c.tid, "oid": &c.oid, "azp": &c.azp,
		"sub": &c.sub, "azpacr": &c.azpacr, "idtyp": &c.idtyp, "scp": &scp,
		"name": &c.name, "preferred_username": &c.username, "uti": &c.uti, "jti": &c.jti, "nonce": &c.nonce,
	} {
		if value, there := raw[name]; there && json.Unmarshal(value, into) != nil {
			return claims{}, errClaim(name)
		}
	}
	for name, into := range map[string]*[]string{"roles": &c.roles, "groups": &c.groups} {
		if value, there := raw[name]; there && json.Unmarshal(value, into) != nil {
			return claims{}, errClaim(name)
		}
	}
	for name, into := range map[string]*int64{"exp": &c.expires, "nbf": &c.notBefore, "iat": &c.issued} {
		seconds, err := numericDate(raw[name])
		if err != nil {
			return claims{}, errClaim(name)
		}
		*into = seconds
	}
	for _, id := range []*string{&c.tid, &c.oid, &c.azp} {
		*id, _ = guid(*id)
	}
	c.scopes = fields(scp)
	c.hasScopes = len(c.scopes) > 0
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		// OpenID Connect Core §2 and §3.3.2.11: these belong in an ID token.
		if _, there := raw[name]; there {
			c.isIDToken = true
		}
	}
	c.overage = overage(raw)
	return c, nil
}

// numericDate is RFC 7519 §2: seconds, perhaps with a fraction. What does not fit in a plausible calendar is refused
// here, so that no sum below can overflow.
func numericDate(raw json.RawMessage) (int64, error) {
	const year9999 = 253402300800
	var seconds *float64
	if err := json.Unmarshal(raw, &seconds); err != nil {
		return 0, err
	}
	if seconds == nil || *seconds <= 0 || *seconds >= year9999 {
		return 0, errors.New("out of range")
	}
	return int64(*seconds), nil
}

// fields splits scp at single spaces (RFC 6749 §3.3), as nobody else may.
func fields(scp string) (scopes []string) {
	start := 0
	for i := 0; i <= len(scp); i++ {
		if i == len(scp) || scp[i] == ' ' {
			if i > start {
				scopes = append(scopes, scp[start:i])
			}
			start = i + 1
		}
	}
	return scopes
}

// overage is true when Entra left the groups out: _claim_names points elsewhere for them, above 200 groups, or
// hasgroups is there, in tokens of the implicit flow above 5 (Microsoft, access token claims reference). The address
// pointed to is never asked: it may be the retired graph.windows.net, and package graph builds the call from oid.
func overage(raw map[string]json.RawMessage) bool {
	var names map[string]json.RawMessage
	if json.Unmarshal(raw["_claim_names"], &names) == nil {
		if _, there := names["groups"]; there {
			return true
		}
	}
	var has bool
	return json.Unmarshal(raw["hasgroups"], &has) == nil && has
}

// kind says whether this is a user's or an application's access token. Everything else is refused, an ID token above
// all: where add-in and API share one registration it has our issuer and our audience, and only this tells it apart.
func (c claims) kind() (Kind, error) {
	switch {
	case c.hasScopes && (c.idtyp == "" || c.idtyp == "user"):
		// Only access tokens of users have scp.
		return User, nil
	case c.hasScopes:
		return "", errors.New("scp and an idtyp that is not user contradict each other")
	case c.isIDToken:
		return "", errors.New("an ID token, not an access token")
	case c.idtyp == "app":
		return Application, nil
	case c.idtyp != "":
		return "", errors.New("idtyp is neither user with scp nor app without")
	// idtyp is an optional claim, and a registration may lack it. "No scp" alone would let in the ID token of a user
	// with app roles, so everything else that marks an application's token must be there: it is issued to a client
	// (ID tokens have no azp) that proved itself by secret or certificate, and speaks of that client itself (sub is
	// the service principal's oid, where a user's sub is another for each application).
	case c.azp != "" && (c.azpacr == "1" || c.azpacr == "2") && c.oid != "" && c.sub == c.oid && c.username == "":
		return Application, nil
	}
	return "", errors.New("no scp, and nothing that proves an application: an ID token, or a token without permissions")
}

func (c claims) hasScope(scope string) bool { return slices.Contains(c.scopes, scope) }
func (c claims) hasRole(role string) bool   { return slices.Contains(c.roles, role) }
