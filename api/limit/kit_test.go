package limit

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
)

// clock stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

type rig struct {
	*Limiter
	clock    *clock
	log      *bytes.Buffer
	registry *prometheus.Registry
}

func open(t testing.TB, rates Rates, trusted ...string) rig {
	t.Helper()
	r := rig{clock: &clock{time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}, registry: prometheus.NewRegistry()}
	var networks []netip.Prefix
	for _, text := range trusted {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	var err error
	r.Limiter, err = New(Deps{Rates: rates, Proxies: networks, Header: XForwardedFor, Registry: r.registry, Now: r.clock.now, Log: slog.New(slog.NewJSONHandler(r.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func from(remote string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = remote
	return r
}

// refusal is what somebody with a token of this kind is told.
func refusal(code string) error {
	kind := fault.Unauthenticated
	if code == entra.CodeScopeMissing {
		kind = fault.Forbidden
	}
	return fault.New(kind, code, fault.Sentence{DA: "Nej.", EN: "No."}, nil)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}
