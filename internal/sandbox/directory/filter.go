package directory

import (
	"errors"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// errFilter is for what the directory does not do: substrings would let everybody list everybody, and "not" is of no use for
// finding a recipient. Directories of authorities refuse both.
var errFilter = errors.New("the directory answers to equality, presence, and and or only")

// matches is whether the record answers to the filter (RFC 4511 section 4.5.1.7). An attribute that the record has not is no
// match and no fault: without "not", Undefined and FALSE are the same in the end.
func (r record) matches(filter *ber.Packet) (bool, error) {
	switch filter.Tag {
	case ldap.FilterAnd, ldap.FilterOr:
		all, some := true, false
		for _, part := range filter.Children {
			// Every part is looked at, so that a filter is refused or not whatever the entries are.
			matched, err := r.matches(part)
			if err != nil {
				return false, err
			}
			all, some = all && matched, some || matched
		}
		if filter.Tag == ldap.FilterAnd {
			return all, nil
		}
		return some, nil
	case ldap.FilterEqualityMatch:
		if len(filter.Children) != 2 {
			return false, errFilter
		}
		return r.has(filter.Children[0].Data.String(), func(value string) bool {
			// mail, cn and objectClass all compare without regard to case (RFC 4524 section 2.16, RFC 4519 section 2.3).
			return strings.EqualFold(value, filter.Children[1].Data.String())
		}), nil
	case ldap.FilterPresent:
		name := filter.Data.String()
		return slices.ContainsFunc(r.attributes, func(a attribute) bool {
			return len(a.values) > 0 && a.asked([]string{name})
		}), nil
	default:
		return false, errFilter
	}
}

func (r record) has(name string, like func(value string) bool) bool {
	return slices.ContainsFunc(r.attributes, func(a attribute) bool {
		return !a.binary && strings.EqualFold(a.name, name) && slices.ContainsFunc(a.values, like)
	})
}
