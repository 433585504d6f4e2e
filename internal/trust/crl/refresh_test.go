package crl_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl"
)

func pairs(certificates ...*x509.Certificate) []crl.Pair {
	var all []crl.Pair
	for _, certificate := range certificates {
		all = append(all, crl.Pair{Certificate: certificate, Issuer: foreign().Issuing().Certificate})
	}
	return all
}

func TestAfterARefreshNoMailWaits(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	base, change := web.URL+"/base", web.URL+"/delta"
	subject := issued(t, foreign(), pointsAt(at{addresses: []string{base}}), freshestAt(change))
	inBase := issued(t, foreign(), pointsAt(at{addresses: []string{web.URL + "/other"}}))
	lists := map[string][]byte{
		"/base":    listOf(t, foreign(), nil, inBase, subject),
		"/delta":   signedBy(t, foreign().Issuing(), all(numbered(9), with(delta(7))), row(subject, 8)),
		"/other":   signedBy(t, foreign().Issuing(), all(numbered(3), with(freshestAt(web.URL+"/change2")))),
		"/change2": signedBy(t, foreign().Issuing(), all(numbered(4), with(delta(3))), row(inBase, 0)),
	}
	for path := range lists {
		web.at(path, func() []byte { return lists[path] })
	}
	time0 := &clock{}
	source := loopback(time0)
	if got := source.Lists(); len(got) != 0 {
		t.Errorf("held at start: %+v", got)
	}
	held := source.Refresh(t.Context(), append(pairs(subject, inBase, subject), crl.Pair{}))
	if len(held) != 4 || web.hits.Load() != 4 {
		t.Fatalf("%d lists, %d fetches: %+v", len(held), web.hits.Load(), held)
	}
	first := held[0]
	if first.Address != base || first.Number != "7" || first.Entries != 2 || first.Err != "" || first.Delta || !first.FetchedAt.Equal(start) ||
		!first.NextUpdate.Equal(start.Add(24*time.Hour)) || !strings.Contains(first.Issuer, "CN=Playground Trust") {
		t.Errorf("%+v", first)
	}
	if !held[1].Delta && !held[2].Delta {
		t.Error("no delta list among them")
	}
	if a, b := check(source, subject, foreign()), check(source, inBase, foreign()); a.Status != trust.StatusGood || b.Status != trust.StatusRevoked {
		t.Errorf("%q and %q", a.Status, b.Status)
	}
	if got := source.Lists(); len(got) != 4 || web.hits.Load() != 4 {
		t.Errorf("%d lists, %d fetches", len(got), web.hits.Load())
	}
}

func TestARefreshFetchesWhatIsOldAndNothingElse(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	subject := named(t, foreign(), address)
	live := func(from, until time.Duration) []byte {
		return listOf(t, foreign(), func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = start.Add(from), start.Add(until) })
	}
	cases := []struct {
		name  string
		list  []byte
		after time.Duration
		want  int64 // fetches
	}{
		{"it was fetched a minute ago", live(-time.Hour, 24*time.Hour), time.Minute, 0},
		{"it was fetched an hour ago", live(-time.Hour, 24*time.Hour), time.Hour, 1},
		{"it lives an hour, and half has passed", live(0, time.Hour), 31 * time.Minute, 1},
		{"it lives an hour, and half has not passed", live(0, time.Hour), 29 * time.Minute, 0},
		{"half has passed, and it was fetched just now", live(-23*time.Hour, time.Hour), time.Minute, 0},
		{"half has passed, and it was fetched six minutes ago", live(-23*time.Hour, time.Hour), 6 * time.Minute, 1},
		{"it has ended", live(-time.Hour, time.Minute), 2 * time.Minute, 1},
	}
	for _, c := range cases {
		time0 := &clock{}
		source := loopback(time0)
		web.put(c.list)
		source.Refresh(t.Context(), pairs(subject))
		time0.forward(c.after)
		before := web.hits.Load()
		source.Refresh(t.Context(), pairs(subject))
		if got := web.hits.Load() - before; got != c.want {
			t.Errorf("%s: %d fetches, want %d", c.name, got, c.want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestWhatCouldNotBeHadIsSaidToAdministrators(t *testing.T) {
	t.Parallel()
	web, address := newSwitched(t)
	subject := named(t, foreign(), address+"?sig=secret")
	time0 := &clock{}
	source := loopback(time0)
	web.put(listOf(t, foreign(), nil))
	source.Refresh(t.Context(), pairs(subject))
	web.off.Store(true)
	time0.forward(2 * time.Hour)
	held := source.Refresh(t.Context(), pairs(subject))
	if len(held) != 1 || !strings.Contains(held[0].Err, "503") || held[0].Number != "7" || !held[0].FetchedAt.Equal(start) {
		t.Errorf("%+v", held)
	}
	gone := source.Refresh(t.Context(), pairs(named(t, foreign(), "http://127.0.0.1:1/list?sig=secret")))
	if len(gone) != 1 || gone[0].Err == "" || strings.Contains(gone[0].Err, "secret") || gone[0].Number != "" {
		t.Errorf("%+v", gone)
	}
}

func TestARefreshFetchesAFewAtATimeAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	web := newServer(t)
	var now, most atomic.Int64
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	web.mux.HandleFunc("/slow/", func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		<-release
		now.Add(-1)
	})
	var subjects []*x509.Certificate
	for i := range 20 {
		subjects = append(subjects, named(t, foreign(), fmt.Sprintf("%s/slow/%d", web.URL, i)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	loopback(&clock{}).Refresh(ctx, pairs(subjects...))
	if most.Load() > 8 || most.Load() == 0 || time.Since(began) > 2*time.Second {
		t.Errorf("%d at a time, for %v", most.Load(), time.Since(began))
	}
}
