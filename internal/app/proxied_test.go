package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"aau.dk/sendsikker/api/limit"
)

func TestBehindAProxyEachCallerHasACountOfTheirOwn(t *testing.T) {
	t.Parallel()
	one := limit.Rate{PerMinute: 1, Burst: 1}
	h := openHouse(t, t.TempDir(), func(w *wiring) {
		w.Callers = callerLimits{Rates: limit.Rates{Public: one, Files: one, SignIn: one}, proxies: []netip.Prefix{netip.MustParsePrefix("10.0.4.0/28")}, header: limit.XForwardedFor}
	})
	ask := func(peer, forwarded, path string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.RemoteAddr = peer + ":1000"
		r.Header.Set("X-Forwarded-For", forwarded)
		r.Header.Set("Forwarded", "for="+forwarded)
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		return w.Code
	}
	for _, path := range []string{"/openapi.yaml", "/addin/pane.html", "/admin/sign-in", "/certificates"} {
		times := 1
		if path == "/certificates" { // which has a limit of its own, of 60
			times = 60
		}
		for range times {
			if code := ask("10.0.4.1", "203.0.113.9, 192.0.2.1", path); code >= 400 {
				t.Fatalf("%s: %d", path, code)
			}
		}
		if code := ask("10.0.4.2", "203.0.113.10, 192.0.2.1", path); code != http.StatusTooManyRequests {
			t.Errorf("%s: the same caller by another proxy, with another story: %d", path, code)
		}
		if code := ask("10.0.4.1", "192.0.2.2", path); code >= 400 {
			t.Errorf("%s: another caller: %d", path, code)
		}
		// Past the proxy nobody is believed.
		for range times {
			if code := ask("198.51.100.7", "192.0.2.3", path); code >= 400 {
				t.Fatalf("%s: a stranger: %d", path, code)
			}
		}
		if code := ask("198.51.100.7", "192.0.2.4", path); code != http.StatusTooManyRequests {
			t.Errorf("%s: a stranger who says to be another: %d", path, code)
		}
	}
	if text := h.log.String(); strings.Contains(text, "192.0.2") || strings.Contains(text, "198.51.100") || strings.Contains(text, "203.0.113") {
		t.Error("the log has an address")
	}
}

func TestTheLimitsOfTheSettingsAreThoseOfTheService(t *testing.T) {
	t.Parallel()
	var c serveCommand
	c.Limits.ReadPerMinute, c.Limits.ReadBurst, c.Limits.SendPerMinute, c.Limits.SendBurst = 600, 200, 300, 100
	c.Limits.PublicPerMinute, c.Limits.FilesPerMinute, c.Limits.SignInPerMinute, c.Limits.BadSignIns = 1200, 12_000, 1, 30
	c.TLS.Proxies, c.TLS.Forwarded = []string{"10.0.4.7"}, limit.Forwarded
	got := callerLimitsFrom(c.Config)
	want := limit.Rates{
		Read: limit.Rate{PerMinute: 600, Burst: 200}, Send: limit.Rate{PerMinute: 300, Burst: 100}, Public: limit.Rate{PerMinute: 1200, Burst: 400},
		Files: limit.Rate{PerMinute: 12_000, Burst: 4000}, SignIn: limit.Rate{PerMinute: 1, Burst: 1}, BadSignIns: 30,
	}
	if got.Rates != want || len(got.proxies) != 1 || got.proxies[0].String() != "10.0.4.7/32" || got.header != limit.Forwarded {
		t.Errorf("%+v", got)
	}
}
