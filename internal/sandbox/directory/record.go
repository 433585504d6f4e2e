package directory

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
)

// base is where everybody is, as in the public Danish directory.
const base = "c=dk"

// record is one entry as LDAP sees it.
type record struct {
	name       string
	dn         *ldap.DN
	attributes []attribute
}

type attribute struct {
	name   string
	values []string
	binary bool // compared with nothing, and named with ;binary (RFC 4522 section 3)
}

// tree makes the records: the root DSE, the country, and everybody directly below it.
func tree(entries []Entry) ([]record, error) {
	text := func(name string, values ...string) attribute { return attribute{name: name, values: values} }
	records := []record{
		{name: "", attributes: []attribute{
			text("objectClass", "top"), text("namingContexts", base), text("supportedLDAPVersion", "3"), text("supportedControl", ldap.ControlTypePaging),
		}},
		{name: base, attributes: []attribute{text("objectClass", "top", "country"), text("c", "dk")}},
	}
	for i, e := range entries {
		if e.Address == "" || !utf8.ValidString(e.Address) {
			return nil, fmt.Errorf("entry %d of the directory has no address", i)
		}
		certificates := attribute{name: "userCertificate;binary", binary: true}
		for _, der := range e.Certificates {
			certificates.values = append(certificates.values, string(der))
		}
		records = append(records, record{name: "mail=" + ldap.EscapeDN(e.Address) + "," + base, attributes: []attribute{
			text("objectClass", "top", "person", "organizationalPerson", "inetOrgPerson"), text("mail", e.Address), text("cn", e.Name), certificates,
		}})
	}
	for i := range records {
		var err error
		if records[i].dn, err = ldap.ParseDN(records[i].name); err != nil {
			return nil, fmt.Errorf("entry %d of the directory cannot be named: %w", i, err)
		}
	}
	return records, nil
}

// within is whether the record lies where a search looks (RFC 4511 section 4.5.1.2).
func (r record) within(top *ldap.DN, scope int) bool {
	switch scope {
	case ldap.ScopeBaseObject:
		return r.dn.EqualFold(top)
	case ldap.ScopeSingleLevel:
		return top.AncestorOfFold(r.dn) && len(r.dn.RDNs) == len(top.RDNs)+1
	case ldap.ScopeWholeSubtree:
		// The root DSE is in no subtree, not even in that of the empty name.
		return len(r.dn.RDNs) > 0 && (r.dn.EqualFold(top) || top.AncestorOfFold(r.dn))
	}
	return false
}

// asked is whether one of the selectors of a search means the attribute (RFC 4511 section 4.5.1.8). No selector is all. A
// certificate is named with ;binary in the answer, whichever way it was asked for (RFC 4523 section 2.1).
func (a attribute) asked(selectors []string) bool {
	if len(selectors) == 0 {
		return true
	}
	plain, _, _ := strings.Cut(a.name, ";")
	return slices.ContainsFunc(selectors, func(s string) bool {
		return s == "*" || s == "+" || strings.EqualFold(s, a.name) || strings.EqualFold(s, plain)
	})
}
