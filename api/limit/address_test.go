package limit

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestWhoAsksIsTheLastThatNoProxyOfOursIs(t *testing.T) {
	t.Parallel()
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.4.0/28"), netip.MustParsePrefix("2001:db8:4::/64")}
	const proxy, proxy6 = "10.0.4.1:9000", "[2001:db8:4::1]:9000"
	for _, c := range []struct {
		name, peer, header string
		lines              []string
		want               string
	}{
		{"nobody of ours: what it says is not believed", "198.51.100.7:1", XForwardedFor, []string{"192.0.2.1"}, "198.51.100.7"},
		{"a proxy", proxy, XForwardedFor, []string{"192.0.2.1"}, "192.0.2.1"},
		{"a proxy that says nothing", proxy, XForwardedFor, nil, "10.0.4.1"},
		{"what the client wrote before it", proxy, XForwardedFor, []string{"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},
		{"the same in a line of its own", proxy, XForwardedFor, []string{"203.0.113.9", "192.0.2.1"}, "192.0.2.1"},
		{"two proxies", proxy, XForwardedFor, []string{"203.0.113.9, 192.0.2.1, 10.0.4.2"}, "192.0.2.1"},
		{"a client that calls itself a proxy", proxy, XForwardedFor, []string{"10.0.4.3, 192.0.2.1"}, "192.0.2.1"},
		{"a port, as Azure writes", proxy, XForwardedFor, []string{"192.0.2.1:51234"}, "192.0.2.1"},
		{"IPv6", proxy6, XForwardedFor, []string{"2001:db8:9::1"}, "2001:db8:9::1"},
		{"IPv6 with a port", proxy6, XForwardedFor, []string{"[2001:db8:9::1]:443"}, "2001:db8:9::1"},
		{"IPv4 as IPv6", proxy, XForwardedFor, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"a proxy as IPv6", "[::ffff:10.0.4.1]:1", XForwardedFor, []string{"192.0.2.1"}, "192.0.2.1"},
		{"a zone", proxy6, XForwardedFor, []string{"fe80::1%eth0"}, "fe80::1"},
		{"rubbish at the end: the proxy is the client", proxy, XForwardedFor, []string{"192.0.2.1, unknown"}, "10.0.4.1"},
		{"rubbish in the middle", proxy, XForwardedFor, []string{"192.0.2.1, x, 10.0.4.2"}, "10.0.4.2"},
		{"nothing between commas", proxy, XForwardedFor, []string{"192.0.2.1, ,"}, "10.0.4.1"},
		{"only proxies", proxy, XForwardedFor, []string{"10.0.4.3, 10.0.4.2"}, "10.0.4.3"},
		{"the other field is not looked at", proxy, Forwarded, []string{"for=192.0.2.1"}, "192.0.2.1"},
		{"RFC 7239", proxy, Forwarded, []string{`for=203.0.113.9, for="[2001:db8:9::1]:47011";proto=https;by=10.0.4.1`}, "2001:db8:9::1"},
		{"in other letters and another place", proxy, Forwarded, []string{"proto=https; For=192.0.2.1"}, "192.0.2.1"},
		{"somebody hidden", proxy, Forwarded, []string{"for=192.0.2.9, for=_hidden"}, "10.0.4.1"},
		{"a quote that the client does not close", proxy, Forwarded, []string{`for="203.0.113.9, for=192.0.2.1`}, "192.0.2.1"},
		{"no such thing", proxy, Forwarded, []string{"192.0.2.1"}, "10.0.4.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header[XForwardedFor], r.Header[Forwarded] = []string{"203.0.113.77"}, []string{"for=203.0.113.77"}
		r.Header[c.header] = c.lines
		if got := (proxies{ours, c.header}).client(r); got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAddressIsWhoEverybodyBehindItSees(t *testing.T) {
	t.Parallel()
	seen := ""
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.RemoteAddr })
	for _, c := range []struct {
		trusted []string
		want    string
	}{{nil, "10.0.4.1:9000"}, {[]string{"10.0.4.1/32"}, "192.0.2.1:0"}, {[]string{"10.0.5.0/24"}, "10.0.4.1:0"}} {
		l := open(t, Rates{}, c.trusted...)
		r := from("10.0.4.1:9000")
		r.Header.Set(XForwardedFor, "192.0.2.1")
		l.Address(handler).ServeHTTP(httptest.NewRecorder(), r)
		if seen != c.want {
			t.Errorf("with %v: %s, want %s", c.trusted, seen, c.want)
		}
	}
}

func TestAnAddressThatCannotBeReadIsOneClient(t *testing.T) {
	t.Parallel()
	l := open(t, Rates{Public: Rate{PerMinute: 1, Burst: 1}})
	if a, b := l.Public(from("@")), l.Public(from("")); a != nil || b == nil {
		t.Errorf("%v, %v", a, b)
	}
}

// Whatever a client writes, what the proxy has seen of it counts.
func FuzzAClientCannotChooseItsAddress(f *testing.F) {
	for _, seed := range []string{"", "10.0.4.3", "for=10.0.4.3", `"`, "for=\"", ",,,", "for=1.2.3.4;", "\x00", "[::1"} {
		f.Add(seed)
	}
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.4.0/28")}
	f.Fuzz(func(t *testing.T, written string) {
		for _, c := range []struct{ header, seen string }{{XForwardedFor, "192.0.2.1"}, {Forwarded, "for=192.0.2.1"}} {
			r := from("10.0.4.1:1")
			r.Header[c.header] = []string{written + ", " + c.seen}
			if got := (proxies{ours, c.header}).client(r); got.String() != "192.0.2.1" {
				t.Errorf("%s: %q makes it %s", c.header, written, got)
			}
			stranger := from("198.51.100.7:1")
			stranger.Header[c.header] = []string{written}
			if got := (proxies{ours, c.header}).client(stranger); got.String() != "198.51.100.7" {
				t.Errorf("%s: %q of a stranger makes it %s", c.header, written, got)
			}
		}
	})
}
