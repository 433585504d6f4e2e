//go:build unix

package app

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox"
)

const (
	largeMails = 20
	// largeFile becomes a mail of about 100 MB: base64 once in the entity, and once more around what is encrypted.
	largeFile = 100_000_000 / 4 * 3 / 78 * 76 / 4 * 3 / 78 * 76
	heapGoal  = 200 << 20
)

// TestLoadOfLargeMails takes minutes: LOAD=1, or make load.
func TestLoadOfLargeMails(t *testing.T) {
	if os.Getenv("LOAD") == "" {
		t.Skip("takes minutes and 3 GB of disk: make load")
	}
	u, err := sandbox.Open(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = u.Close() }()
	o := openLoad(t, u, "", 5*time.Minute, func(w *wiring) { w.MaxMessage = 150_000_000 })
	defer o.stop()
	d := letter("bo@partner.example", "sikkerpost@region.example", "chen@uni.example")
	kind, head := form(t, d, part{"file", "bilag.bin", "application/octet-stream", []byte("\x00FILE\x00")})
	text, err := io.ReadAll(head)
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := bytes.Cut(text, []byte("\x00FILE\x00"))
	bearer := u.Entra.IssueApplication(u.Tenant.Applications[1])

	peak := watchHeap()
	begun := time.Now()
	var wait sync.WaitGroup
	for range largeMails {
		wait.Go(func() {
			body := io.MultiReader(bytes.NewReader(before), io.LimitReader(zeros{}, largeFile), bytes.NewReader(after))
			if err := o.post(http.DefaultClient, kind, bearer, body, int64(len(before)+len(after))+largeFile); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	took := time.Since(begun)
	alloc, inUse := peak()
	var spooled int64
	list, err := os.ReadDir(filepath.Join(o.data, "spool"))
	for _, entry := range list {
		info, statErr := entry.Info()
		if err = errors.Join(err, statErr); statErr == nil {
			spooled += info.Size()
		}
	}
	if err != nil || len(list) != largeMails {
		t.Fatalf("%d copies in the spool, %v", len(list), err)
	}
	t.Logf("%d mails of %.1f MB at once in %s (%.0f MB/s of mail); heap in use at most %.0f MB, allocated %.0f MB",
		largeMails, float64(spooled)/largeMails/1e6, took.Round(time.Second/10), float64(spooled)/1e6/took.Seconds(), float64(inUse)/1e6, float64(alloc)/1e6)
	if inUse > heapGoal {
		t.Errorf("the heap was %d MB, want at most %d", inUse>>20, heapGoal>>20)
	}
}

// watchHeap looks at the heap until the function that it gives is called, which says the most that there was.
func watchHeap() (peak func() (alloc, inUse uint64)) {
	runtime.GC()
	stop, stopped := make(chan struct{}), make(chan struct{})
	var alloc, inUse uint64
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			alloc, inUse = max(alloc, m.HeapAlloc), max(inUse, m.HeapInuse)
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() (uint64, uint64) { close(stop); <-stopped; return alloc, inUse }
}
