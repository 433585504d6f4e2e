package directory_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"aau.dk/sendsikker/internal/sandbox/directory"
)

// people are in the directory of every test. The certificates are any bytes: it does not look into them.
func people() []directory.Entry {
	return []directory.Entry{
		{Address: "gitte@region.example", Name: "Gitte Ærø", Certificates: [][]byte{{0x30, 0x00, 0xff}}},
		{Address: "hans@kommune.example", Name: "Hans", Certificates: [][]byte{{0x30, 0x01}, {0x30, 0x02}}},
		{Address: "o'brien+x(1)*,\\@kommune.example", Name: "O", Certificates: [][]byte{{0x30, 0x03}}},
		{Address: "tom@kommune.example", Name: "Tom"},
	}
}

func open(t testing.TB) *directory.Server {
	t.Helper()
	s, err := directory.Open(t.Context(), directory.Options{Entries: people()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dial connects and binds as nobody, as the LDAP client of the product does.
func dial(t testing.TB, s *directory.Server) *ldap.Conn {
	t.Helper()
	c, err := ldap.DialURL("ldap://" + s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.SetTimeout(5 * time.Second)
	if err := c.UnauthenticatedBind(""); err != nil {
		t.Fatal(err)
	}
	return c
}

func query(filter string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest("c=dk", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
}

func TestACertificateIsFoundByItsOwnersAddress(t *testing.T) {
	t.Parallel()
	c := dial(t, open(t))
	got, err := c.Search(query("(|(mail=HANS@Kommune.example)(mail=nobody@kommune.example))", "mail", "cn", "userCertificate;binary"))
	if err != nil || len(got.Entries) != 1 {
		t.Fatalf("%d entries, %v", len(got.Entries), err)
	}
	one := got.Entries[0]
	certificates := one.GetRawAttributeValues("userCertificate;binary")
	if one.GetAttributeValue("mail") != "hans@kommune.example" || one.GetAttributeValue("cn") != "Hans" || len(one.Attributes) != 3 {
		t.Errorf("got %v", one.Attributes)
	}
	if len(certificates) != 2 || !slices.Equal(certificates[0], []byte{0x30, 0x01}) || !slices.Equal(certificates[1], []byte{0x30, 0x02}) {
		t.Errorf("certificates %x", certificates)
	}
}

func TestASearchGivesWhatItAsksForOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	server := open(t)
	all := "gitte hans o'brien+x(1)*,\\ tom"
	cases := []struct {
		name, base, filter string
		scope, limit       int
		want               string // local parts, or names of entries without mail
		code               uint16
	}{
		{"one address", "c=dk", "(mail=gitte@region.example)", 2, 0, "gitte", 0},
		{"two addresses", "c=dk", "(|(mail=gitte@region.example)(mail=hans@kommune.example))", 2, 0, "gitte hans", 0},
		{"the base in capital letters", "C=DK", "(mail=gitte@region.example)", 2, 0, "gitte", 0},
		{"one level down", "c=dk", "(mail=gitte@region.example)", 1, 0, "gitte", 0},
		{"the empty base", "", "(mail=gitte@region.example)", 2, 0, "gitte", 0},
		{"the person's own name as base", "mail=gitte@region.example,c=dk", "(objectClass=*)", 0, 0, "gitte", 0},
		{"an address full of signs that filters are made of", "c=dk", "(mail=" + ldap.EscapeFilter(people()[2].Address) + ")", 2, 0, "o'brien+x(1)*,\\", 0},
		{"an address and a class", "c=dk", "(&(objectClass=inetOrgPerson)(mail=hans@kommune.example))", 2, 0, "hans", 0},
		{"an address and another", "c=dk", "(&(mail=gitte@region.example)(mail=hans@kommune.example))", 2, 0, "", 0},
		{"a person without a certificate", "c=dk", "(mail=tom@kommune.example)", 2, 0, "tom", 0},
		{"who has a certificate", "c=dk", "(userCertificate=*)", 2, 0, "gitte hans o'brien+x(1)*,\\", 0},
		{"everybody", "c=dk", "(mail=*)", 2, 0, all, 0},
		{"as many as are wanted", "c=dk", "(mail=*)", 2, 4, all, 0},
		{"fewer than there are", "c=dk", "(mail=*)", 2, 2, "gitte hans", ldap.LDAPResultSizeLimitExceeded},
		{"the root, as a live check has it", "", "(objectClass=*)", 0, 0, "root", 0},
		{"the country alone", "c=dk", "(objectClass=*)", 0, 0, "c=dk", 0},
		{"nobody has it", "c=dk", "(mail=nobody@kommune.example)", 2, 0, "", 0},
		{"the start of an address", "c=dk", "(mail=gitte)", 2, 0, "", 0},
		{"an attribute that nobody has", "c=dk", "(telephoneNumber=1)", 2, 0, "", 0},
		{"a certificate by its bytes", "c=dk", `(userCertificate;binary=\30\01)`, 2, 0, "", 0},
		{"all of nothing", "c=dk", "(&)", 0, 0, "c=dk", 0}, // RFC 4526: true
		{"another country", "c=se", "(mail=*)", 2, 0, "", ldap.LDAPResultNoSuchObject},
		{"no name at all", "dk", "(mail=*)", 2, 0, "", ldap.LDAPResultInvalidDNSyntax},
		{"the start of an address, and a star", "c=dk", "(mail=gitte*)", 2, 0, "", ldap.LDAPResultUnwillingToPerform},
		{"a star inside", "c=dk", "(|(mail=hans@kommune.example)(mail=*@region.example))", 2, 0, "", ldap.LDAPResultUnwillingToPerform},
		{"everybody but one", "c=dk", "(!(mail=hans@kommune.example))", 2, 0, "", ldap.LDAPResultUnwillingToPerform},
		{"what sounds like it", "c=dk", "(mail~=hans)", 2, 0, "", ldap.LDAPResultUnwillingToPerform},
		{"from an address on", "c=dk", "(mail>=hans)", 2, 0, "", ldap.LDAPResultUnwillingToPerform},
		{"a rule of matching", "c=dk", "(mail:caseExactMatch:=hans)", 2, 0, "", ldap.LDAPResultUnwillingToPerform},
	}
	for _, c := range cases {
		request := query(c.filter)
		request.BaseDN, request.Scope, request.SizeLimit = c.base, c.scope, c.limit
		got, err := dial(t, server).Search(request)
		var code uint16
		if fault, is := errors.AsType[*ldap.Error](err); is {
			code = fault.ResultCode
		} else if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if names := strings.Join(namesOf(got), " "); names != c.want || code != c.code {
			t.Errorf("%s: %q with code %d, want %q with %d", c.name, names, code, c.want, c.code)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func namesOf(result *ldap.SearchResult) []string {
	var names []string
	for _, one := range result.Entries {
		mail := one.GetAttributeValue("mail")
		switch at := strings.LastIndex(mail, "@"); {
		case at >= 0:
			names = append(names, mail[:at])
		case one.DN == "":
			names = append(names, "root")
		default:
			names = append(names, one.DN)
		}
	}
	return names
}

func TestOnlyTheAttributesAskedForAreGiven(t *testing.T) {
	t.Parallel()
	c := dial(t, open(t))
	cases := map[string]struct {
		ask  []string
		want string
	}{
		"none named":                            {nil, "objectClass mail cn userCertificate;binary"},
		"a star":                                {[]string{"*"}, "objectClass mail cn userCertificate;binary"},
		"the certificate":                       {[]string{"usercertificate;BINARY"}, "userCertificate;binary"},
		"the certificate without the option":    {[]string{"userCertificate"}, "userCertificate;binary"},
		"the address":                           {[]string{"MAIL"}, "mail"},
		"nothing (RFC 4511, section 4.5.1.8)":   {[]string{"1.1"}, ""},
		"an attribute that there is not":        {[]string{"telephoneNumber"}, ""},
		"one that there is and one there isn't": {[]string{"cn", "jpegPhoto"}, "cn"},
	}
	for name, c1 := range cases {
		got, err := c.Search(query("(mail=gitte@region.example)", c1.ask...))
		if err != nil || len(got.Entries) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		var names []string
		for _, a := range got.Entries[0].Attributes {
			names = append(names, a.Name)
		}
		if strings.Join(names, " ") != c1.want {
			t.Errorf("%s: %v", name, names)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestPagesMakeUpTheWhole(t *testing.T) {
	t.Parallel()
	c := dial(t, open(t))
	for size, want := range map[uint32]int{1: 4, 2: 4, 3: 4, 4: 4, 100: 4} {
		got, err := c.SearchWithPaging(query("(mail=*)"), size)
		if err != nil || len(got.Entries) != want {
			t.Errorf("pages of %d: %d entries, %v", size, len(got.Entries), err)
		}
	}
	for _, cookie := range []string{"x", "-1", "99"} {
		request := query("(mail=*)")
		request.Controls = []ldap.Control{&ldap.ControlPaging{PagingSize: 1, Cookie: []byte(cookie)}}
		if _, err := c.Search(request); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform) {
			t.Errorf("the cookie %q: %v", cookie, err)
		}
	}
	request := query("(mail=*)")
	request.Controls = []ldap.Control{ldap.NewControlString("1.2.3.4", true, "")}
	if _, err := c.Search(request); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension) {
		t.Errorf("a control that must be obeyed and is not known: %v", err)
	}
}

func TestNobodyLogsInAndNobodyWrites(t *testing.T) {
	t.Parallel()
	server := open(t)
	c := dial(t, server)
	modify, add := ldap.NewModifyRequest("c=dk", nil), ldap.NewAddRequest("cn=x,c=dk", nil)
	modify.Replace("c", []string{"se"})
	add.Attribute("cn", []string{"x"})
	for name, got := range map[string]struct {
		err  error
		code uint16
	}{
		"a login":                {c.Bind("cn=admin,c=dk", "secret"), ldap.LDAPResultInvalidCredentials},
		"a name and no password": {c.UnauthenticatedBind("cn=admin,c=dk"), ldap.LDAPResultUnwillingToPerform},
		"adding":                 {c.Add(add), ldap.LDAPResultUnwillingToPerform},
		"changing":               {c.Modify(modify), ldap.LDAPResultUnwillingToPerform},
		"deleting":               {c.Del(ldap.NewDelRequest("c=dk", nil)), ldap.LDAPResultUnwillingToPerform},
		"StartTLS":               {dial(t, server).StartTLS(nil), ldap.LDAPResultProtocolError},
	} {
		if !ldap.IsErrorWithCode(got.err, got.code) {
			t.Errorf("%s: %v, want code %d", name, got.err, got.code)
		}
	}
}

func TestTheDirectoryListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:389", "localhost:0", "389", "x"} {
		if s, err := directory.Open(t.Context(), directory.Options{Listen: listen}); err == nil {
			_ = s.Close()
			t.Errorf("it listens on %s", listen)
		}
	}
	taken := open(t)
	if s, err := directory.Open(t.Context(), directory.Options{Listen: taken.Address()}); err == nil {
		_ = s.Close()
		t.Error("two directories have one address")
	}
	if s, err := directory.Open(t.Context(), directory.Options{Entries: []directory.Entry{{Name: "nobody"}}}); err == nil {
		_ = s.Close()
		t.Error("somebody without an address is in the directory")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := directory.Open(ended, directory.Options{}); err == nil {
		_ = s.Close()
		t.Error("opened for somebody who no longer wants it")
	}
}

func TestRubbishEndsOneConnectionAlone(t *testing.T) {
	t.Parallel()
	server := open(t)
	cases := map[string]string{
		"a web browser":          "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"a TLS greeting":         "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
		"zeros":                  strings.Repeat("\x00", 100),
		"a length of 2 GB":       "\x30\x84\x7f\xff\xff\xff",
		"an empty message":       "\x30\x00",
		"a bind without a body":  "\x30\x05\x02\x01\x01\x60\x00",
		"a control without type": "\x30\x2b\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass\x30\x00\xa0\x04\x30\x02\x05\x00",
	}
	for name, bytes := range cases {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Address())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(bytes)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_ = c.Close()
		if got, err := dial(t, server).Search(query("(mail=gitte@region.example)")); err != nil || len(got.Entries) != 1 {
			t.Errorf("after %s: %v", name, err)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
