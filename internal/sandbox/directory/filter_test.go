package directory

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// FuzzFilter: whatever the filter, it is refused for all entries or for none; together with an address that the entry has
// not, it never matches, and beside the one that it has, it always does.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"(mail=bo@x.example)", "(|(mail=bo@x.example)(mail=b))", "(&)", "(|)", "(!(mail=b))", "(mail=b*)", "(objectClass=*)", "(cn:dn:2.5.4:=b)",
		`(mail=\2a\00)`, "(&(|(cn=Bo)(cn=b))(userCertificate=*))", "(a~=b)", "(a>=b)",
	} {
		f.Add(seed)
	}
	entries, err := tree([]Entry{{Address: "bo@x.example", Name: "Bo", Certificates: [][]byte{{1}}}})
	if err != nil {
		f.Fatal(err)
	}
	bo := entries[2]
	f.Fuzz(func(t *testing.T, text string) {
		matches := func(r record, text string) (bool, error) {
			filter, err := ldap.CompileFilter(text)
			if err != nil {
				t.Skip("the text is no filter")
			}
			return r.matches(filter)
		}
		_, refused := matches(bo, text)
		for _, other := range entries {
			if _, err := matches(other, text); (err == nil) != (refused == nil) {
				t.Fatal("refused for some entries only")
			}
		}
		if refused != nil {
			return
		}
		if got, err := matches(bo, "(&"+text+"(mail=nobody@x.example))"); got || err != nil {
			t.Fatalf("found under an address that it has not: %v", err)
		}
		if got, err := matches(bo, "(|"+text+"(mail=BO@x.example))"); !got || err != nil {
			t.Fatalf("not found under the address that it has: %v", err)
		}
	})
}

// FuzzAddress: an entry is found by an address, escaped as RFC 4515 has it, if and only if it is that one, and its name can
// be read back whatever is in the address.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"bo@x.example", "b*o(1)@x.example", `"b\o"@x.example`, "a=b,c=d+e@x.example", "#x", " x ", "æ@ø.example", "x\x00y", "\xff"} {
		f.Add(seed, seed)
		f.Add(seed, "bo@x.example")
	}
	f.Fuzz(func(t *testing.T, address, asked string) {
		entries, err := tree([]Entry{{Address: address}})
		if err != nil {
			return // it cannot be named
		}
		if rdn := entries[2].dn.RDNs[0].Attributes; len(rdn) != 1 || rdn[0].Value != address || len(entries[2].dn.RDNs) != 2 {
			t.Fatal("its name says something else")
		}
		filter, err := ldap.CompileFilter("(mail=" + ldap.EscapeFilter(asked) + ")")
		if err != nil {
			return
		}
		if filter.Tag != ldap.FilterEqualityMatch {
			return // an empty value is written as presence is
		}
		got, err := entries[2].matches(filter)
		if err != nil || got != strings.EqualFold(address, asked) {
			t.Fatalf("found is %v: %v", got, err)
		}
	})
}
