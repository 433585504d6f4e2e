package partners

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func from(t *testing.T, h http.Handler, remote, target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.RemoteAddr = remote
	r.Header.Set("X-Forwarded-For", "203.0.113."+fmt.Sprint(len(target))) // what a stranger writes is not believed
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAClientWhoAsksTooOftenIsToldToWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := shelved(&database{list: mailboxes()})
		const one, other, style = "198.51.100.7:1000", "198.51.100.8:1000", "/certificates/style.css"
		for i := range perMinute {
			if w := from(t, h, one, "/certificates?lang=en"); w.Code != http.StatusOK {
				t.Fatalf("request %d: %d", i+1, w.Code)
			}
		}
		w := from(t, h, "198.51.100.7:2000", "/certificates/sikkermail@its.aau.example.cer?lang=en")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" || w.Header().Get("Cache-Control") != "no-store" ||
			!strings.Contains(w.Body.String(), "Wait a minute, then try again.") {
			t.Errorf("one too many: %d %v", w.Code, w.Header())
		}
		for name := range w.Header() {
			if strings.HasPrefix(name, "X-Ratelimit") {
				t.Errorf("%s is told to whoever reads a shared cache", name)
			}
		}
		if w := from(t, h, one, style); w.Code != http.StatusOK {
			t.Errorf("the style of the page that says so: %d", w.Code)
		}
		if w := from(t, h, other, "/certificates"); w.Code != http.StatusOK {
			t.Errorf("somebody else: %d", w.Code)
		}
		time.Sleep(2 * window)
		if w := from(t, h, one, "/certificates"); w.Code != http.StatusOK {
			t.Errorf("two minutes later: %d", w.Code)
		}
	})
}

func TestAClientIsAnAddressOrAnIPv6Network(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		a, b string
		same bool
	}{
		"two ports":                      {"192.0.2.1:1", "192.0.2.1:2", true},
		"two IPv4 addresses":             {"192.0.2.1:1", "192.0.2.2:1", false},
		"one IPv6 network":               {"[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:2", true},
		"two IPv6 networks":              {"[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false},
		"IPv4 as IPv6":                   {"[::ffff:192.0.2.1]:1", "192.0.2.1:2", true},
		"without a port, as behind chi":  {"192.0.2.1", "192.0.2.1:2", true},
		"IPv6 without a port":            {"2001:db8:1:2::1", "[2001:db8:1:2::7]:2", true},
		"nothing that can be read":       {"", "", true},
		"a socket, which has no address": {"@", "@", true},
	}
	for name, c := range cases {
		key := func(remote string) string { return must(client(&http.Request{RemoteAddr: remote})) }
		if same := key(c.a) == key(c.b); same != c.same {
			t.Errorf("%s: one client is %v, want %v", name, same, c.same)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestTheCounterKeepsTwoMinutesAndNoMore(t *testing.T) {
	t.Parallel()
	c := newCounter()
	c.Config(perMinute, window)
	want := func(at time.Time, now, before int) {
		t.Helper()
		gotNow, gotBefore, err := c.Get("a", at, at.Add(-window))
		if err != nil || gotNow != now || gotBefore != before {
			t.Errorf("%d and %d (%v), want %d and %d", gotNow, gotBefore, err, now, before)
		}
	}
	want(clock, 0, 0)
	for range 3 {
		must(0, c.Increment("a", clock))
	}
	want(clock, 3, 0)
	want(clock.Add(window), 0, 3)
	must(0, c.IncrementBy("a", clock.Add(window), 2))
	want(clock.Add(window), 2, 3)
	want(clock.Add(5*window), 0, 0)
}

// Not in parallel: what others allocate would be counted.
func TestTwentyThousandNetworksTakeNoMemory(t *testing.T) {
	c := newCounter()
	c.Config(perMinute, window)
	networks := make([]string, 20_000)
	for i := range networks {
		networks[i] = fmt.Sprintf("2001:db8:%x:%x::", i>>8, i)
	}
	n := 0
	took := testing.AllocsPerRun(20_000, func() {
		n++
		_ = c.Increment(networks[n%len(networks)], clock)
	})
	if took != 0 {
		t.Errorf("a client allocates %v times", took)
	}
}
