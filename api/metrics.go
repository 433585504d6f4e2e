package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// observer counts requests. Labels hold the contract's words only, never anything that a caller chose.
type observer struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newObserver(r prometheus.Registerer) (*observer, error) {
	o := &observer{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sendsikker_http_requests_total", Help: "Answered requests.",
		}, []string{"method", "path", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sendsikker_http_request_seconds", Help: "Time from a request's header to its answer.",
			Buckets: []float64{.005, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120, 600},
		}, []string{"method", "path"}),
	}
	return o, errors.Join(r.Register(o.requests), r.Register(o.duration))
}

func (o *observer) request(verb, path string, status int, took time.Duration) {
	verb = method(&http.Request{Method: verb})
	o.requests.WithLabelValues(verb, path, strconv.Itoa(status)).Inc()
	o.duration.WithLabelValues(verb, path).Observe(took.Seconds())
}
