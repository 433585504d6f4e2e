package doctor

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// maxToken is more than Entra makes (16 KiB is what Windows' HTTP server takes of a header field).
const maxToken = 64 << 10

// Claims are what is looked at of a token. Nothing is proved by reading them.
type Claims struct {
	Audience  string          `json:"aud"`
	Version   string          `json:"ver"`
	Tenant    string          `json:"tid"`
	AZP       string          `json:"azp"`
	AppID     string          `json:"appid"`
	Scopes    string          `json:"scp"`
	Roles     []string        `json:"roles"`
	Kind      string          `json:"idtyp"`
	Groups    []string        `json:"groups"`
	Elsewhere json.RawMessage `json:"_claim_names"`
	Expires   int64           `json:"exp"`
}

// Decode reads a token's claims.
func Decode(token string) (Claims, error) {
	var c Claims
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 || len(token) > maxToken {
		return c, errors.New("it is no token: three parts with dots between were expected")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &c) != nil {
		return c, errors.New("its claims cannot be read")
	}
	return c, nil
}

// Expected is what the service wants of a token for it.
type Expected struct {
	Tenant, Audience, Scope, Role string
	Clients                       []string
}

// APIToken looks at a token that a caller holds for our API.
func APIToken(r *Report, token string, want Expected, now time.Time) {
	const area = "caller's token"
	c, err := Decode(token)
	if err != nil {
		r.Fail(area, "Give the access token that is sent to the API, and not an ID token's code or a cookie.", "%v.", err)
		return
	}
	scopes := strings.Fields(c.Scopes)
	before := r.Count(Fail)
	if c.Version != "2.0" {
		r.Fail(area, `In the manifest of the API's app registration set "requestedAccessTokenVersion": 2.`, "It is of version %q and must be 2.0.", c.Version)
	}
	if c.Audience != want.Audience {
		r.Fail(area, "Ask for a token with the scope api://"+want.Audience+"/"+want.Scope+"; Graph's tokens and ID tokens are for somebody else.", "It is for %q and not for this API.", c.Audience)
	}
	if c.Tenant != want.Tenant {
		r.Fail(area, "Sign in to tenant "+want.Tenant+".", "It is of another tenant, %q.", c.Tenant)
	}
	if !now.Before(time.Unix(c.Expires, 0)) {
		r.Fail(area, "Get a new one.", "It has expired.")
	}
	switch {
	case len(scopes) > 0: // a person's
		if !slices.Contains(scopes, want.Scope) {
			r.Fail(area, "Expose the scope "+want.Scope+" on the API's registration, give the client's registration that permission, and consent to it.", "It does not hold the scope %s.", want.Scope)
		}
		if !slices.Contains(want.Clients, c.AZP) {
			r.Fail(area, "Add the client id to entra.clients, if people are to use that program.", "It was given to the program %q, which is not among entra.clients.", c.AZP)
		}
		if c.Groups == nil && c.Elsewhere == nil {
			r.Warn(area, "If grants go to groups: under Token configuration of the API's registration add the groups claim (groups assigned to the application), and assign the groups.", "It names no groups.")
		}
	case !slices.Contains(c.Roles, want.Role):
		r.Fail(area, "Give the program the app role "+want.Role+" on the API's registration, and consent to it.", "It holds neither the scope %s nor the role %s.", want.Scope, want.Role)
	case c.Kind == "":
		r.Warn(area, "Add the optional claim idtyp to access tokens of the API's registration.", "It does not say whether it is a program's.")
	}
	if r.Count(Fail) == before {
		r.OK(area, "Version 2.0, for this API, with what it needs.")
	}
}

// tooWide are rights that Entra gives for every mailbox of the tenant (Microsoft Graph permissions reference; Exchange Online's own).
func tooWide(role string) bool {
	lower := strings.ToLower(role)
	return strings.HasPrefix(lower, "mail.") || strings.HasPrefix(lower, "mailboxsettings.") || strings.HasPrefix(lower, "mailboxitem.") || strings.HasPrefix(lower, "mailboxfolder.") ||
		strings.HasPrefix(lower, "exchange.manageas") || lower == "full_access_as_app" || lower == "smtp.sendasapp" || lower == "imap.accessasapp" || lower == "pop.accessasapp" ||
		lower == "directory.readwrite.all" || lower == "approleassignment.readwrite.all" || lower == "rolemanagement.readwrite.directory"
}

// GraphToken looks at the token that we send with.
func GraphToken(r *Report, token, tenant, client string) {
	const area = "rights in Entra"
	c, err := Decode(token)
	if err != nil {
		r.Fail(area, "Ask Microsoft's support; the token for Graph has always been readable.", "The token for Microsoft Graph: %v.", err)
		return
	}
	if c.Tenant != tenant {
		r.Fail(area, "Set entra.tenant and the credential to the same tenant.", "The token for Microsoft Graph is of another tenant, %q.", c.Tenant)
		return
	}
	if got := c.AppID + c.AZP; client != "" && !strings.EqualFold(got, client) {
		r.Fail(area, "Set graph.client-id to the program that the credential belongs to.", "The token for Microsoft Graph was given to %q and not to graph.client-id.", got)
		return
	}
	var wide []string
	for _, role := range c.Roles {
		if tooWide(role) {
			wide = append(wide, role)
		}
	}
	if len(wide) > 0 {
		r.Fail(area, "Take these application permissions away from the sender's app registration (API permissions) and its enterprise application. What Exchange grants by role assignment only adds to them.",
			"The sender holds %s: that is for every mailbox of the tenant, whatever scope Exchange was given.", strings.Join(wide, ", "))
		return
	}
	r.OK(area, "The sender's token holds no right over all mailboxes.")
}
