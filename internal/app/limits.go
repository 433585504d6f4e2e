package app

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/api/limit"
	"aau.dk/sendsikker/internal/config"
)

// callerLimits is how much callers may ask, and whose word about who asks is believed. The zero value limits nobody and believes nobody.
type callerLimits struct {
	limit.Rates
	proxies []netip.Prefix
	header  string
}

// addressBurst is the part of its minute that an address may ask for at once: everybody behind it opens Outlook at nine o'clock.
const addressBurst = 3

func callerLimitsFrom(c config.Config) callerLimits {
	l := c.Limits
	ofAddress := func(perMinute int) limit.Rate {
		return limit.Rate{PerMinute: perMinute, Burst: max(perMinute/addressBurst, 1)}
	}
	networks, _ := c.Networks() // checked with the other settings
	return callerLimits{
		Rates: limit.Rates{
			Read:   limit.Rate{PerMinute: l.ReadPerMinute, Burst: l.ReadBurst},
			Send:   limit.Rate{PerMinute: l.SendPerMinute, Burst: l.SendBurst},
			Public: ofAddress(l.PublicPerMinute), Files: ofAddress(l.FilesPerMinute), SignIn: ofAddress(l.SignInPerMinute),
			BadSignIns: l.BadSignIns,
		},
		proxies: networks, header: c.TLS.Forwarded,
	}
}

func (l callerLimits) open(registry prometheus.Registerer, now func() time.Time, log *slog.Logger) (*limit.Limiter, error) {
	return limit.New(limit.Deps{Rates: l.Rates, Proxies: l.proxies, Header: l.header, Registry: registry, Now: now, Log: log})
}
