package smimea_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs/smimea"
)

func TestOnlyAResolverOnThisMachineIsAsked(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"127.0.0.1:53": true, "[::1]:53": true, "127.0.0.53:53": true, "127.0.0.1:5335": true, "[::ffff:127.0.0.1]:53": true,

		"127.0.0.11:53": false, "[::ffff:127.0.0.11]:53": false, // a container's forwarder
		"192.168.1.1:53": false, "10.0.0.53:53": false, "9.9.9.9:53": false, "[2620:fe::fe]:53": false, "0.0.0.0:53": false,
		"[::]:53": false, "[fe80::1%lo]:53": false, "[::1%lo]:53": false, "169.254.169.253:53": false, "[::ffff:9.9.9.9]:53": false,
		"localhost:53": false, "127.0.0.1": false, "127.1:53": false, "127.0.0.1:0": false, "127.0.0.1:domain": false, ":53": false,
		"": false, "127.0.0.1:53,9.9.9.9:53": false, "udp://127.0.0.1:53": false,
	}
	for resolver, want := range cases {
		c := smimea.Config{Resolver: resolver, Timeout: time.Second}
		if got := c.Check() == nil; got != want {
			t.Errorf("%q: taken is %v, want %v", resolver, got, want)
		}
		if _, err := smimea.New(c, smimea.Deps{}); (err == nil) != want {
			t.Errorf("%q: made is %v, want %v", resolver, err == nil, want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAllThatIsWrongWithTheSettingsIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	err := smimea.Config{Resolver: "9.9.9.9:53", Timeout: time.Hour, SignedName: "a..b"}.Check()
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v", err)
	}
	if err := (smimea.Config{Resolver: "127.0.0.1:53"}).Check(); err == nil {
		t.Error("no time at all is taken")
	}
}

func TestTheCheckTellsAResolverThatValidatesFromOneThatDoesNot(t *testing.T) {
	t.Parallel()
	example, plain := newZone("example.", true), newZone("plain.example.", false)
	example.delegate(plain, false)
	check := func(resolver, name string) string {
		s := source(t, smimea.Config{Resolver: resolver, SignedName: name})
		return code(s.Check(context.Background()))
	}
	t.Run("unbound that validates", func(t *testing.T) {
		resolver := unbound(t, example, plain)
		if got := check(resolver, "example"); got != "" {
			t.Errorf("a signed domain: %s", got)
		}
		if got := check(resolver, "plain.example"); got != "dns_unproven" {
			t.Errorf("an unsigned domain: %q", got)
		}
	})
	t.Run("unbound that does not", func(t *testing.T) {
		if got := check(start(t, "iterator", example, plain), "example"); got != "dns_unproven" {
			t.Errorf("got %q", got)
		}
	})

	keys := func(query *dns.Msg) *dns.Msg {
		reply := reply(query)
		reply.Answer = []dns.RR{&dns.DNSKEY{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET}, Algorithm: 8}}
		return reply
	}
	cases := []struct {
		name   string
		answer func(query *dns.Msg) *dns.Msg
		want   string
	}{
		{"the root's keys, secure", keys, ""},
		{"the root's keys, not secure", func(query *dns.Msg) *dns.Msg {
			return with(keys(query), func(m *dns.Msg) { m.AuthenticatedData = false })
		}, "dns_unproven"},
		{"secure, but no keys", reply, "dns_unproven"},
		{"the bits of the question handed back", func(query *dns.Msg) *dns.Msg {
			return with(keys(query), func(m *dns.Msg) { m.AuthenticatedData = query.AuthenticatedData })
		}, "dns_unproven"},
		{"a server of the root, and no resolver", func(query *dns.Msg) *dns.Msg {
			return with(keys(query), func(m *dns.Msg) { m.RecursionAvailable = false })
		}, "dns_refused"},
		{"refused", func(query *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(query, dns.RcodeRefused) }, "dns_refused"},
		{"the resolver failing", func(query *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(query, dns.RcodeServerFailure) }, "dns_failed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			resolver := fake(t, func(query *dns.Msg, _ bool) []*dns.Msg {
				if q := query.Question[0]; q.Name != "." || q.Qtype != dns.TypeDNSKEY || query.CheckingDisabled || !query.IsEdns0().Do() {
					t.Errorf("asked for %s", query)
				}
				return []*dns.Msg{c.answer(query)}
			})
			if got := check(resolver, ""); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
