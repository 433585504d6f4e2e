package directory

import (
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

func TestAFaultIsNamedByItsSetting(t *testing.T) {
	t.Parallel()
	word := func() string { return password }
	cases := []struct {
		name   string
		change func(*Config)
		want   []string // settings, in order
	}{
		{"nothing", func(*Config) {}, nil},
		{"everything empty", func(c *Config) { *c = Config{} }, []string{"name", "host"}},
		{"a name with a space", func(c *Config) { c.Name = "min egen" }, []string{"name"}},
		{"a profile that is none", func(c *Config) { c.Profile = "oces4" }, []string{"profile"}},
		{"the Danish one, whose place is not published", func(c *Config) { *c = Config{Name: "dk", Profile: "oces3"} }, []string{"host", "base"}},
		{"the Danish one", func(c *Config) { *c = Config{Name: "dk", Profile: "oces3", Host: "x.example", Base: "c=DK"} }, nil},
		{"D-TRUST's", func(c *Config) { *c = Config{Name: "de", Profile: "d-trust"} }, nil},
		{"the German research network's", func(c *Config) { *c = Config{Name: "dfn", Profile: "dfn"} }, nil},
		{"a host with a port that is none", func(c *Config) { c.Host = "x.example:ldap" }, []string{"host"}},
		{"a host that is an address of the web", func(c *Config) { c.Host = "ldap://x.example" }, []string{"host"}},
		{"a host in IPv6", func(c *Config) { c.Host = "[2001:db8::1]:636" }, nil},
		{"a host in IPv6 without a port", func(c *Config) { c.Host = "2001:db8::1" }, nil},
		{"TLS as nobody calls it", func(c *Config) { c.TLS = "ssl" }, []string{"tls"}},
		{"a file that is not there", func(c *Config) { c.CAFile = "/no/such/file" }, []string{"ca-file"}},
		{"a file that is no certificate", func(c *Config) { c.CAFile = "config_test.go" }, []string{"ca-file"}},
		{"a base that is no distinguished name", func(c *Config) { c.Base = "partner" }, []string{"base"}},
		{"a scope that is none", func(c *Config) { c.Scope = "base" }, []string{"scope"}},
		{"a filter without a place", func(c *Config) { c.Filter = "(mail=*)" }, []string{"filter"}},
		{"a filter that is none", func(c *Config) { c.Filter = "(mail=%s" }, []string{"filter"}},
		{"two filters", func(c *Config) { c.Filter = "(mail=%s)(cn=*)" }, []string{"filter"}},
		{"a filter without brackets", func(c *Config) { c.Filter = "mail=%s" }, []string{"filter"}},
		{"an address for an attribute", func(c *Config) { c.Filter = "(%s=mail)" }, []string{"filter"}},
		{"an address for a matching rule", func(c *Config) { c.Filter = "(mail:%s:=x)" }, []string{"filter"}},
		{"an address in an escape", func(c *Config) { c.Filter = `(mail=\2%s)` }, []string{"filter"}},
		{"an address in two places", func(c *Config) { c.Filter = "(&(objectClass=person)(|(mail=%s)(proxyAddresses=smtp:%s)))" }, nil},
		{"an address by a matching rule", func(c *Config) { c.Filter = "(mail:caseIgnoreMatch:=%s)" }, nil},
		{"an attribute that is none", func(c *Config) { c.AddressAttributes = []string{"mail)"} }, []string{"address-attributes"}},
		{"everything", func(c *Config) { c.CertificateAttributes = []string{"*"} }, []string{"certificate-attributes"}},
		{"an attribute by its number", func(c *Config) { c.CertificateAttributes = []string{"2.5.4.36;binary"} }, nil},
		{"a login", func(c *Config) { c.BindDN, c.Password = loginDN, word }, nil},
		{"a login without a password", func(c *Config) { c.BindDN = loginDN }, []string{"password"}},
		{"a password without a login", func(c *Config) { c.Password = word }, []string{"bind-dn"}},
		{"a login in clear", func(c *Config) { c.BindDN, c.Password, c.TLS = loginDN, word, Off }, []string{"tls"}},
		{"a login with StartTLS", func(c *Config) { c.BindDN, c.Password, c.TLS = loginDN, word, StartTLS }, nil},
		{"several at once", func(c *Config) { c.PageSize, c.SizeLimit, c.Timeout, c.Connections = -1, -1, time.Hour, 100 }, []string{"page-size", "size-limit", "timeout", "connections"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := Config{Name: "partner", Host: "x.example"}
			c.change(&config)
			var got []string
			if err := config.Check(); err != nil {
				for line := range strings.Lines(err.Error()) {
					setting, what, _ := strings.Cut(line, ": ")
					if what == "" {
						t.Errorf("nothing is said about %s", setting)
					}
					got = append(got, setting)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("named %v, want %v", got, c.want)
			}
			if d, err := New(config, Deps{Now: time.Now}); (err == nil) != (c.want == nil) || (d == nil) != (err != nil) {
				t.Errorf("made: %v", err)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestThePortFollowsTLS(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]map[string]string{
		"x.example":       {LDAPS: "x.example:636", StartTLS: "x.example:389", Off: "x.example:389"},
		"x.example:3269":  {LDAPS: "x.example:3269", StartTLS: "x.example:3269"},
		"2001:db8::1":     {LDAPS: "[2001:db8::1]:636"},
		"[2001:db8::1]:7": {LDAPS: "[2001:db8::1]:7"},
	} {
		for mode, dial := range want {
			if got, _, err := (Config{Host: host, TLS: mode}).address(); err != nil || got != dial {
				t.Errorf("%s with %s is %q, %v", host, mode, got, err)
			}
		}
	}
}

func TestEveryTroubleHasItsSentence(t *testing.T) {
	t.Parallel()
	codes := []string{CodeSilent, CodeUnreachable, CodeTLS, CodeLogin, CodeBase, CodeRefused, CodeGarbled, CodePartial}
	for _, code := range codes {
		f := trouble(code, nil)
		if f.Kind != fault.Unavailable || strings.Count(f.Say.DA, ".") < 2 || strings.Count(f.Say.EN, ".") < 2 {
			t.Errorf("%s: %+v", code, f.Say)
		}
	}
	if len(codes) != len(sayTroubleRows) {
		t.Errorf("%d codes, %d sentences", len(codes), len(sayTroubleRows))
	}
}
