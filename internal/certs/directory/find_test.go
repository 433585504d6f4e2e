package directory

import (
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
)

// counted puts a proxy before the server that counts what the client asks.
func counted(t testing.TB, server string) (address string, searches, connections *atomic.Int64) {
	t.Helper()
	searches, connections = new(atomic.Int64), new(atomic.Int64)
	address = listen(t, func(client net.Conn) {
		connections.Add(1)
		upstream := must(net.Dial("tcp", server))
		defer upstream.Close()
		go func() { _, _ = io.Copy(client, upstream); client.Close() }()
		for {
			frame, err := readFrame(client, maxMessage)
			if err != nil {
				return
			}
			if _, message, _, ok := element(frame); ok {
				if _, _, rest, ok := element(message); ok && rest[0] == 0x63 { // SearchRequest is [APPLICATION 3]
					searches.Add(1)
				}
			}
			if _, err := upstream.Write(frame); err != nil {
				return
			}
		}
	})
	return address, searches, connections
}

func TestTwentyRecipientsAreOneSearch(t *testing.T) {
	t.Parallel()
	c := theWorld(t).config()
	var searches, connections *atomic.Int64
	c.Host, searches, connections = counted(t, c.Host)
	d := open(t, c)
	var addresses []string
	for i := range 20 {
		addresses = append(addresses, person(i*400))
	}
	addresses = append(addresses, "nobody@partner.example")
	found := find(t, d, addresses...)
	if len(found) != 20 {
		t.Fatalf("certificates for %d of 20", len(found))
	}
	for i := range 20 {
		list := found[person(i*400)]
		if len(list) != 1 || !list[0].Certificate.Equal(papers().many[i*400%distinct]) {
			t.Fatalf("number %d has %d certificates, or another's", i, len(list))
		}
		one := list[0]
		if one.Source != "ldap:partner" || one.Source != d.Name() || one.Bound || one.Vouched || one.Domain ||
			!slices.Equal(one.Profiles, []string{"partner"}) || time.Since(one.Added) > time.Minute {
			t.Fatalf("candidate %+v", one)
		}
	}
	if searches.Load() != 1 {
		t.Errorf("%d searches", searches.Load())
	}
	// More than one filter takes: still one search a batch, on the connection that is there.
	var many []string
	for i := range 120 {
		many = append(many, person(i))
	}
	if found := find(t, d, many...); len(found) != 120 {
		t.Errorf("certificates for %d of 120", len(found))
	}
	if searches.Load() != 1+3 || connections.Load() != 1 {
		t.Errorf("%d searches on %d connections", searches.Load(), connections.Load())
	}
}

func TestWhatIsFoundForAnAddress(t *testing.T) {
	t.Parallel()
	d := open(t, theWorld(t).config())
	many := papers().many
	cases := []struct {
		name, address string
		want          int
	}{
		{"one certificate", person(17), 1},
		{"several certificates", "flere@partner.example", 3},
		{"another case in local part and domain", "BEGGE.to@partner.EXAMPLE", 1},
		{"a second address of the entry", "anden@partner.example", 1},
		{"an entry without certificates", "uden@partner.example", 0},
		{"broken values beside a good one", "oedelagt@partner.example", 1},
		{"both attributes with the same certificate", "smime@partner.example", 1},
		{"an entry that hides its address, of whose two certificates one names it", "skjult@partner.example", 1},
		{"nobody", "nobody@partner.example", 0},
		{"no address", "nobody", 0},
		{"a domain that is none", "a@-b-..", 0},
		{"nothing", "", 0},

		{"a star is a star", "*@partner.example", 0},
		{"a star for the whole", "*", 0},
		{"a filter that ends ours", "x)(mail=*@partner.example", 0},
		{"a filter inside a filter", "*)(|(mail=*))(mail=p00001@partner.example", 0},
		{"an escape", `\2a@partner.example`, 0},
		{"a zero octet", "\x00@partner.example", 0},
		{"letters that are not ASCII", "blåbær@partner.example", 0},
		{"octets that are no letters", "\xff\xfe@partner.example", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := find(t, d, c.address)
			if len(found[c.address]) != c.want || len(found) > 1 || (c.want == 0 && len(found) != 0) {
				t.Errorf("%d certificates, %d addresses", len(found[c.address]), len(found))
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if list := find(t, d, "flere@partner.example")["flere@partner.example"]; !has(list, many[0]) || !has(list, many[1]) || !has(list, many[2]) {
		t.Error("not those of the entry")
	}
	if found := find(t, d, "anden@partner.example", "Anden@partner.example", "begge.to@PARTNER.example"); len(found) != 3 {
		t.Errorf("answered under %d of 3 spellings", len(found))
	}
}

func TestWhatItsOwnerCanOpenComesAlong(t *testing.T) {
	t.Parallel()
	d := open(t, theWorld(t).config())
	const address = "smime@partner.example"
	one := find(t, d, address)[address][0]
	if want := must(opens().DER()); string(one.Capabilities) != string(want) {
		t.Errorf("capabilities %x, want %x", one.Capabilities, want)
	}
	if len(one.Issuers) != 1 || !one.Issuers[0].Equal(papers().authority.Intermediates()[0]) {
		t.Errorf("%d issuers", len(one.Issuers))
	}
}

func TestHowTheServerIsReached(t *testing.T) {
	t.Parallel()
	s := theWorld(t)
	_, stranger := serverCertificate("127.0.0.1")
	wrongCA := t.TempDir() + "/ca.pem"
	write(t, wrongCA, stranger)
	const closed = "lukket@partner.example"

	cases := []struct {
		name   string
		change func(*Config)
		want   string // code of Find
		check  string // code of Check
		found  bool   // what only those who are logged in see
	}{
		{"TLS from the first byte", func(*Config) {}, "", "", true},
		{"StartTLS", func(c *Config) { c.Host, c.TLS = s.plain, StartTLS }, "", "", true},
		{"without TLS and without login", func(c *Config) { *c = s.config() }, "", "", false},
		{"TLS without login", func(c *Config) { c.BindDN, c.Password = "", nil }, "", "", false},
		{"an authority that we do not know", func(c *Config) { c.CAFile = wrongCA }, CodeTLS, CodeTLS, false},
		{"StartTLS with an authority that we do not know", func(c *Config) { c.Host, c.TLS, c.CAFile = s.plain, StartTLS, wrongCA }, CodeTLS, CodeTLS, false},
		{"a name that the certificate does not bear", func(c *Config) { c.Host = strings.Replace(c.Host, "127.0.0.1", "localhost", 1) }, CodeTLS, CodeTLS, false},
		{"TLS to a port without", func(c *Config) { c.Host = s.plain }, CodeTLS, CodeTLS, false},
		{"StartTLS inside TLS", func(c *Config) { c.TLS = StartTLS }, CodeTLS, CodeTLS, false},
		{"a wrong password", func(c *Config) { c.Password = func() string { return "forkert" } }, CodeLogin, CodeLogin, false},
		{"an empty password", func(c *Config) { c.Password = func() string { return "" } }, CodeLogin, CodeLogin, false},
		{"a name that is no distinguished name", func(c *Config) { c.BindDN = "sendsikker" }, CodeLogin, CodeLogin, false},
		{"a base that is not there", func(c *Config) { c.Base = "o=Elsewhere" }, CodeBase, CodeBase, false},
		{"nobody at the port", func(c *Config) { c.Host = freePort() }, CodeUnreachable, CodeUnreachable, false},
		{"a host that does not exist", func(c *Config) { c.Host = "directory.invalid:636" }, CodeUnreachable, CodeUnreachable, false},
		{"the server's own entry", func(c *Config) { c.Base = "" }, CodeBase, "", false},
		{"one level, that of the people", func(c *Config) { c.Base, c.Scope = "ou=closed,"+suffix, "one" }, "", "", true},
		{"one level, above the people", func(c *Config) { c.Scope = "one" }, "", "", false},
		{"in pages", func(c *Config) { c.PageSize = 1 }, "", "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := s.loggedIn()
			c.change(&config)
			d := open(t, config)
			found, err := d.Find(context.Background(), []string{closed})
			if codeOf(err) != c.want || (len(found[closed]) == 1) != c.found {
				t.Errorf("%q, %d found", codeOf(err), len(found))
			}
			checked := d.Check(context.Background())
			if codeOf(checked) != c.check {
				t.Errorf("check says %q, want %q", codeOf(checked), c.check)
			}
			for _, err := range []error{err, checked} {
				if err == nil {
					continue
				}
				for _, secret := range []string{closed, "lukket", password, "forkert", "mail=", loginDN, s.plain, s.secure} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("the error holds %q: %v", secret, err)
					}
				}
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAnAnswerThatIsCutShortIsUsedAndNotTakenForComplete(t *testing.T) {
	t.Parallel()
	const office = "kontor@partner.example"
	for name, change := range map[string]func(*Config){
		"the size limit, kept by the server": func(c *Config) { c.SizeLimit = 10 },
		"the size limit, in pages":           func(c *Config) { c.SizeLimit, c.PageSize = 10, 5 },
	} {
		t.Run(name, func(t *testing.T) {
			c := theWorld(t).config()
			change(&c)
			found, err := open(t, c).Find(context.Background(), []string{office})
			if codeOf(err) != CodePartial || len(found[office]) != 10 {
				t.Errorf("%q with %d certificates", codeOf(err), len(found[office]))
			}
		})
	}
	c := theWorld(t).config()
	c.PageSize = 7
	if found := find(t, open(t, c), office); len(found[office]) != 30 {
		t.Errorf("%d of 30 in pages", len(found[office]))
	}
}

func TestARestartedServerIsFoundAgain(t *testing.T) {
	t.Parallel()
	peerNeeded(t)
	s := newServer(3)
	c := s.loggedIn()
	d := open(t, c)
	for range 2 {
		if len(find(t, d, person(1))) != 1 {
			t.Fatal("not found")
		}
		s.stop()
		s.start()
	}
	if len(find(t, d, person(1))) != 1 {
		t.Fatal("not found after the second restart")
	}
	s.stop()
	if _, err := d.Find(context.Background(), []string{person(1)}); codeOf(err) != CodeUnreachable {
		t.Errorf("a server that is down is %q", codeOf(err))
	}
}

func TestManyAskAtOnceOnFewConnections(t *testing.T) {
	t.Parallel()
	c := theWorld(t).config()
	var connections *atomic.Int64
	c.Host, _, connections = counted(t, c.Host)
	c.Connections = 2
	d := open(t, c)
	done := make(chan map[string][]certs.Candidate)
	for i := range 40 {
		go func() {
			found, _ := d.Find(context.Background(), []string{person(i)})
			done <- found
		}()
	}
	for range 40 {
		if len(<-done) != 1 {
			t.Error("somebody got no answer")
		}
	}
	if got := connections.Load(); got > 2 {
		t.Errorf("%d connections", got)
	}
}
