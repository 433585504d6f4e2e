package app

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/store"
)

// measures are the program's own figures. No label holds an address or anything that a caller chose.
type measures struct {
	deliveries *prometheus.CounterVec
	answers    *prometheus.CounterVec
	took       *prometheus.HistogramVec
}

func newMeasures(r prometheus.Registerer, s *store.Store, now func() time.Time) (*measures, error) {
	m := &measures{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sendsikker_deliveries_total", Help: "Deliveries that ended, by kind of copy and state.",
		}, []string{"kind", "state"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sendsikker_graph_answers_total", Help: "Answers of Microsoft Graph by operation and status; status 0 is no answer.",
		}, []string{"operation", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sendsikker_graph_seconds", Help: "Time that Microsoft Graph took to answer.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"operation"}),
	}
	return m, errors.Join(r.Register(m.deliveries), r.Register(m.answers), r.Register(m.took), r.Register(&backlog{
		store: s, now: now,
		waiting: prometheus.NewDesc("sendsikker_queue_depth", "Copies accepted and not ended.", nil, nil),
		oldest:  prometheus.NewDesc("sendsikker_queue_oldest_seconds", "Age of the oldest copy that has not ended.", nil, nil),
		unknown: prometheus.NewDesc("sendsikker_deliveries_unknown", "Copies of which nobody knows whether they went out: a person must decide.", nil, nil),
		certificates: prometheus.NewDesc("sendsikker_recipient_certificates",
			"Recipients' certificates to look at: pending a decision, broken by the last check, or ending within thirty days.", []string{"state"}, nil),
	}))
}

func (m *measures) ended(kind string, state store.State) {
	m.deliveries.WithLabelValues(kind, string(state)).Inc()
}

func (m *measures) graph(operation string, status int, took time.Duration) {
	m.answers.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(operation).Observe(took.Seconds())
}

// backlogTime bounds the question to the database when the figures are fetched.
const backlogTime = 2 * time.Second

// backlog asks the database when the figures are fetched, so that they are true after a restart and on every replica.
type backlog struct {
	store                    *store.Store
	now                      func() time.Time
	waiting, oldest, unknown *prometheus.Desc
	certificates             *prometheus.Desc
}

func (b *backlog) Describe(ch chan<- *prometheus.Desc) {
	ch <- b.waiting
	ch <- b.oldest
	ch <- b.unknown
	ch <- b.certificates
}

func (b *backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), backlogTime)
	defer cancel()
	figures, err := b.store.Backlog(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(b.waiting, errors.New("the database does not answer"))
		return
	}
	age := 0.0
	if !figures.Oldest.IsZero() {
		age = b.now().Sub(figures.Oldest).Seconds()
	}
	ch <- prometheus.MustNewConstMetric(b.waiting, prometheus.GaugeValue, float64(figures.Waiting))
	ch <- prometheus.MustNewConstMetric(b.oldest, prometheus.GaugeValue, age)
	ch <- prometheus.MustNewConstMetric(b.unknown, prometheus.GaugeValue, float64(figures.Unknown))
	known, err := b.store.CountCertificates(ctx, b.now().Add(shelf.Warn))
	if err != nil {
		ch <- prometheus.NewInvalidMetric(b.certificates, errors.New("the database does not answer"))
		return
	}
	for state, count := range map[string]int{"pending": known.Pending, "broken": known.Broken, "soon": known.Soon} {
		ch <- prometheus.MustNewConstMetric(b.certificates, prometheus.GaugeValue, float64(count), state)
	}
}
