package certs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/trust"
)

// outside is a source that can be asked whether it answers.
type outside struct {
	source
	broken error
	panics bool
}

func (o outside) Check(context.Context) error {
	if o.panics {
		panic(bo)
	}
	return o.broken
}

func (w world) trying(sources ...certs.Source) *certs.Finder {
	return certs.NewFinder(certs.Deps{Sources: sources, Judge: w.judge, Deadline: 300 * time.Millisecond, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

func TestASourceIsTriedPastWhatIsRememberedOfIt(t *testing.T) {
	t.Parallel()
	w := made()
	calls := &atomic.Int64{}
	region := outside{source: with("ldap:region", bo, false, w.certificate(t, bo, 3, 60), w.certificate(t, ida, 3, 60))}
	region.calls = calls
	f := w.trying(with("pinned", bo, true, w.certificate(t, bo, 3, 60)), certs.Remember(region, certs.DefaultMemory(time.Now)))
	for want := range int64(3) {
		tried, err := f.Try(t.Context(), "ldap:region", bo)
		if err != nil || tried.Err != nil || !tried.Answered || calls.Load() != want+1 {
			t.Fatalf("%+v %v after %d calls", tried, err, calls.Load())
		}
		if len(tried.Judged) != 2 {
			t.Fatalf("%d found, want the two of the region and none that is pinned", len(tried.Judged))
		}
		verdicts := map[trust.Code]int{}
		for _, one := range tried.Judged {
			verdicts[one.Verdict.Code]++
		}
		if verdicts[trust.OK] != 1 || verdicts[trust.WrongAddress] != 1 {
			t.Errorf("the verdicts are %v", verdicts)
		}
	}
	if tried, err := f.Try(t.Context(), "ldap:region", ""); err != nil || tried.Err != nil || len(tried.Judged) != 0 || calls.Load() != 3 {
		t.Errorf("without an address: %+v %v, %d calls", tried, err, calls.Load())
	}
	for _, name := range []string{"pinned", "ldap:nowhere", ""} {
		if _, err := f.Try(t.Context(), name, bo); !errors.Is(err, certs.ErrNoSource) {
			t.Errorf("%q is tried: %v", name, err)
		}
	}
}

func TestWhatIsWrongWithASourceIsSaidInWords(t *testing.T) {
	t.Parallel()
	w := made()
	down := fault.New(fault.Unavailable, "directory_tls", fault.Sentence{DA: "TLS.", EN: "TLS."}, nil)
	for code, s := range map[string]outside{
		"directory_tls":     {source: source{name: "x"}, broken: down},
		"directory_partial": {source: source{name: "x", err: fault.New(fault.Unavailable, "directory_partial", fault.Sentence{}, nil)}},
		"source_unreadable": {source: source{name: "x"}, panics: true},
		"source_late":       {source: source{name: "x", deaf: true}},
	} {
		begun := time.Now()
		tried, err := w.trying(s).Try(t.Context(), "x", bo)
		if err != nil || tried.Err == nil || tried.Err.Code != code || tried.Answered != (s.broken == nil && !s.panics) {
			t.Errorf("%s: %+v %v", code, tried, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %s", code, took)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := w.trying(outside{source: source{name: "x", hang: true}}).Try(gone, "x", bo); fault.From(err).Code != "interrupted" {
		t.Errorf("whoever has gone away is told %v", err)
	}
}
