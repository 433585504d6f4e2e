package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"aau.dk/sendsikker/api/limit"
)

// BenchmarkACallWithAndWithoutLimits is of the cheapest call there is: what the limits cost shows nowhere else.
func BenchmarkACallWithAndWithoutLimits(b *testing.B) {
	plenty := limit.Rate{PerMinute: 1_000_000_000, Burst: 1_000_000_000}
	for _, c := range []struct {
		name  string
		rates limit.Rates
	}{{"without", limit.Rates{}}, {"with", limit.Rates{Read: plenty, Send: plenty, Public: plenty, Files: plenty, SignIn: plenty, BadSignIns: 1000}}} {
		h, _ := openWith(b, reading(), c.rates)
		for target, bearer := range map[string]string{"/addin/pane.html": "", "/v1/me": good} {
			b.Run(c.name+target, func(b *testing.B) {
				for b.Loop() {
					r := httptest.NewRequest(http.MethodGet, target, nil)
					r.Header.Set("Authorization", "Bearer "+bearer)
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, r); w.Code != http.StatusOK {
						b.Fatal(w.Code)
					}
				}
			})
		}
	}
}
