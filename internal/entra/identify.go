package entra

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// identify checks what go-oidc does not: that this is a version 2 access token, of this tenant, for this API, about
// somebody, and valid now. The order makes the code name the first thing that its reader can mend.
func (v *Verifier) identify(c claims) (Kind, error) {
	if c.ver != "2.0" && strings.HasSuffix(strings.ToLower(c.aud), v.config.Audience) {
		// v1 writes the audience as the GUID or as api://…/GUID, as the client asked for it. The GUID alone ends here
		// too, so what passes the next check is version 2.
		return "", refuse(CodeWrongVersion, errors.New("a v1 token for this API: set api.requestedAccessTokenVersion to 2 in its registration"))
	}
	// Exactly, and as one string: v2's aud is always the API's client id.
	if !strings.EqualFold(c.aud, v.config.Audience) {
		return "", refuse(CodeWrongAudience, errors.New("aud is not this API"))
	}
	if c.tid != v.config.Tenant {
		return "", refuse(CodeWrongTenant, errors.New("tid is not our tenant"))
	}
	if c.iss != v.issuer {
		return "", refuse(CodeWrongIssuer, errors.New("iss is not our tenant's v2.0 issuer"))
	}
	kind, err := c.kind()
	if err != nil {
		return "", refuse(CodeWrongKind, err)
	}
	if c.oid == "" {
		return "", refuse(CodeNoIdentity, errors.New("oid is missing or not a GUID"))
	}
	if c.azp == "" {
		return "", refuse(CodeMalformed, errClaim("azp"))
	}
	return kind, v.inTime(c)
}

// inTime names the distance by our clock: a server whose clock is wrong refuses everybody, and its log must say so.
func (v *Verifier) inTime(c claims) error {
	const hint = "by this server's clock; if every caller gets this, that clock is wrong"
	now := v.config.Now()
	if late := now.Sub(time.Unix(c.expires, 0)); late > Leeway {
		return refuse(CodeExpired, fmt.Errorf("expired %d s ago %s", int64(late/time.Second), hint))
	}
	if early := time.Unix(max(c.notBefore, c.issued), 0).Sub(now); early > Leeway {
		return refuse(CodeNotYetValid, fmt.Errorf("valid in %d s %s", int64(early/time.Second), hint))
	}
	if time.Unix(c.expires, 0).Sub(time.Unix(c.issued, 0)) > maxLifetime {
		return refuse(CodeLivesTooLong, fmt.Errorf("lasts more than %s, which Entra never issues", maxLifetime))
	}
	return nil
}

// admit is whether a known caller may use the service at all.
//
// A user's token must come from a listed client: a user may consent to any program that asks nicely, and that program
// would then send as them. An application needs no such list: only an administrator can assign an app role, so the role
// in the token already is the tenant's decision, and a second list here would only be another place to forget.
func (v *Verifier) admit(c claims, kind Kind) error {
	if kind == Application {
		if v.config.Role == "" || !c.hasRole(v.config.Role) {
			return refuse(CodeRoleMissing, errors.New("an application without the app role"))
		}
		return nil
	}
	if !slices.Contains(v.config.Clients, c.azp) {
		return refuse(CodeClientNotAllowed, errors.New("azp is not among the allowed clients"))
	}
	if !c.hasScope(v.config.Scope) {
		return refuse(CodeScopeMissing, errors.New("scp does not hold the scope"))
	}
	return nil
}

// checkAuthority takes the scheme and host of a cloud's sign-in service. Keys that came over plain http could be
// anybody's, so that is for loopback only.
func checkAuthority(authority string) (string, error) {
	u, err := url.Parse(authority)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errors.New("authority: must be a scheme and a host only, such as https://login.microsoftonline.com")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return "", errors.New("authority: must be https (http is for loopback only)")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
