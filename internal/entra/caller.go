package entra

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
)

// Kind is whether a person or a program asks.
type Kind string

const (
	User        Kind = "user"
	Application Kind = "application"
)

// Caller is who asks, as proved by the token. GUIDs are in lower case.
type Caller struct {
	Kind    Kind
	Tenant  string   // tid
	ID      string   // oid: the key for data, together with Tenant
	Client  string   // azp
	Name    string   // for people to read, in the receipt; cleaned and bounded, and never used to decide anything
	Address string   // preferred_username where it is an address, else empty; never used to decide anything
	Groups  []string // group ids in the token; not the whole truth when Overage
	Overage bool     // the token could not hold all groups: ask Graph, by ID
	Roles   []string // app roles given to this caller
	TokenID string   // uti, else jti, for the audit log; empty when the token has none that can be written safely
}

const (
	// maxNameRunes is the longest display name that Entra stores (Graph, user resource: displayName ≤ 256).
	maxNameRunes = 256
	// maxAddressBytes is the longest forward path (RFC 5321 §4.5.3.1.3) without its angle brackets.
	maxAddressBytes = 254
	// maxTokenIDBytes is generous: Entra's uti is 22 characters, a GUID 36.
	maxTokenIDBytes = 64
)

// caller reads who it is out of proven claims.
func (c claims) caller(kind Kind) Caller {
	who := Caller{
		Kind: kind, Tenant: c.tid, ID: c.oid, Client: c.azp,
		Groups: c.groupIDs(), Overage: c.overage, Roles: slices.Clone(c.roles),
		TokenID: plainID(c.uti),
	}
	if who.TokenID == "" {
		who.TokenID = plainID(c.jti)
	}
	if kind == Application {
		// An application's token has no name in it; people recognise the client id from the portal.
		who.Name = c.azp
		return who
	}
	who.Address = address(c.username)
	for _, name := range []string{c.name, c.username, c.oid} {
		if who.Name = clean(name); who.Name != "" {
			break
		}
	}
	return who
}

// groupIDs keeps the GUIDs only: a tenant that puts group *names* in the claim would otherwise let whoever may rename a
// group give a grant.
func (c claims) groupIDs() []string {
	ids := make([]string, 0, len(c.groups))
	for _, group := range c.groups {
		if id, ok := guid(group); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// clean makes a name safe to show: no control characters, no direction marks or other invisible ones (which could make
// one person's name read as another's), one line, bounded.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > maxNameRunes {
		name = strings.TrimSpace(string(runes[:maxNameRunes]))
	}
	return name
}

func address(username string) string {
	if len(username) > maxAddressBytes || clean(username) != username {
		return ""
	}
	parsed, err := mail.ParseAddress(username)
	if err != nil || parsed.Address != username {
		return ""
	}
	return username
}

// plainID lets through what cannot break a log line or a query.
func plainID(id string) string {
	if len(id) > maxTokenIDBytes || strings.ContainsFunc(id, func(r rune) bool { return !isBase64URL(r) }) {
		return ""
	}
	return id
}

// guid is s in lower case, if it is a GUID in the form that Entra writes (RFC 9562 §4).
func guid(s string) (string, bool) {
	if len(s) != 36 {
		return "", false
	}
	for i, r := range []byte(s) {
		switch i {
		case 8, 13, 18, 23:
			if r != '-' {
				return "", false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(r)) {
				return "", false
			}
		}
	}
	return strings.ToLower(s), true
}
