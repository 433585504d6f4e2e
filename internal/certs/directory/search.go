package directory

import (
	"context"
	"math"

	"github.com/go-ldap/ldap/v3"
)

// maxPages ends a server that goes on giving pages with nothing in them.
const maxPages = 100

// search asks for all the addresses at once. With an error, the entries are those that came before it.
func (c Config) search(ctx context.Context, on *connection, addresses []string) (entries []*ldap.Entry, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request := c.request(anyOf(c.Filter, addresses))
	err = on.do(ctx, func(conn *ldap.Conn) error {
		for range maxPages {
			answer, err := conn.Search(request)
			if answer != nil {
				entries = append(entries, answer.Entries...)
			}
			if err != nil {
				return result(err)
			}
			more := nextPage(request, answer)
			if !more {
				return nil
			}
			if len(entries) >= c.SizeLimit {
				return trouble(CodePartial, errMore)
			}
		}
		return trouble(CodePartial, errMore)
	})
	return entries, err
}

func (c Config) request(filter string) *ldap.SearchRequest {
	scope := ldap.ScopeWholeSubtree
	if c.Scope == "one" {
		scope = ldap.ScopeSingleLevel
	}
	request := &ldap.SearchRequest{
		BaseDN: c.Base, Scope: scope,
		// An alias leads to wherever its writer likes, and a server may walk far for it (RFC 4511 section 4.5.1.3).
		DerefAliases: ldap.NeverDerefAliases,
		SizeLimit:    c.SizeLimit, EnforceSizeLimit: true,
		TimeLimit: int(math.Ceil(c.Timeout.Seconds())),
		Filter:    filter,
	}
	request.Attributes = append(request.Attributes, c.AddressAttributes...)
	request.Attributes = append(request.Attributes, c.CertificateAttributes...)
	if c.PageSize > 0 {
		// Not critical: a server that does not know pages gives all at once, within the limits.
		request.Controls = []ldap.Control{ldap.NewControlPaging(uint32(c.PageSize))}
	}
	return request
}

// nextPage makes request ask for the page after answer; false where there is none (RFC 2696 section 3: an empty cookie).
func nextPage(request *ldap.SearchRequest, answer *ldap.SearchResult) bool {
	asked, is := ldap.FindControl(request.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
	if !is {
		return false
	}
	got, is := ldap.FindControl(answer.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
	if !is || len(got.Cookie) == 0 {
		return false
	}
	asked.SetCookie(got.Cookie)
	return true
}

// readBase is whether the base is there for us to see, or with none the server's own entry (RFC 4512 section 5.1).
func (c Config) readBase(ctx context.Context, on *connection) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return on.do(ctx, func(conn *ldap.Conn) error {
		answer, err := conn.Search(&ldap.SearchRequest{
			BaseDN: c.Base, Scope: ldap.ScopeBaseObject, DerefAliases: ldap.NeverDerefAliases, SizeLimit: 1, EnforceSizeLimit: true,
			TimeLimit: int(math.Ceil(c.Timeout.Seconds())), Filter: "(objectClass=*)",
			Attributes: []string{noAttributes},
		})
		if err != nil {
			return result(err)
		}
		if len(answer.Entries) == 0 {
			return trouble(CodeBase, nil)
		}
		return nil
	})
}

// noAttributes asks for an entry and none of its attributes (RFC 4511 section 4.5.1.8).
const noAttributes = "1.1"
