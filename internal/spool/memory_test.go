package spool_test

import (
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/spool"
)

const hundredMB = 100 << 20

// forgetful are the stores whose pretend servers keep nothing, so that the memory measured is ours.
var forgetful = []way{
	ways[0],
	{"S3", func(t testing.TB) *spool.Spool {
		server, where := startS3(t)
		server.forgetful = true
		return opened(t, where)
	}},
	{"Azure", func(t testing.TB) *spool.Spool {
		server, where := startAzure(t)
		server.forgetful = true
		return opened(t, where)
	}},
}

// peak writes one object and gives the most that the heap held of it meanwhile, in MB: what is in use, not what awaits collection
// (the collector runs often here). Azure's library has its blocks outside of the heap: 2 MB more.
func peak(t testing.TB, s *spool.Spool, size int) float64 {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var most uint64
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	})
	w, err := s.Create(t.Context(), "m", messageKey())
	if err != nil {
		t.Fatal(err)
	}
	chunk := noise(64 << 10)
	for range size / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	close(done)
	wg.Wait()
	return (float64(most) - float64(before.HeapAlloc)) / (1 << 20)
}

// This test runs alone, as it is not parallel: what others hold is not measured.
func TestMemoryDoesNotGrowWithTheObject(t *testing.T) {
	limits := map[string]float64{"a folder": 3, "S3": 10, "Azure": 3}
	if len(forgetful) == 0 {
		t.Fatal("no stores")
	}
	for _, w := range forgetful {
		t.Run(w.name, func(t *testing.T) {
			if got := peak(t, w.open(t), hundredMB); got > limits[w.name] {
				t.Errorf("%.1f MB of heap for 100 MB, want at most %.0f", got, limits[w.name])
			}
		})
	}
}

func BenchmarkWritingAHundredMegabytes(b *testing.B) {
	for _, w := range forgetful {
		b.Run(w.name, func(b *testing.B) {
			b.SetBytes(hundredMB)
			for b.Loop() {
				s := w.open(b)
				b.ReportMetric(peak(b, s, hundredMB), "heap-MB")
			}
		})
	}
}
