//go:build unix

package app

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/store"
)

const (
	// loadGoal is how much of the machine's own rate of RSA-3072 signatures is to come out as accepted messages: each is signed
	// once, and nothing can be faster than that. It is printed and not insisted on: on two cores the client, the database and the
	// disk share them with the signature. Below loadFloor something has become slow that was not.
	loadGoal, loadFloor = 0.6, 0.15
	// loadFor is how long each figure is measured, after loadWarm of the same.
	loadFor, loadWarm = 8 * time.Second, time.Second
	// loadSize is of the file: with the text about 20 KB.
	loadSize = 19_000
)

// loadOffice is a service that serves on loopback, at a university of its own.
type loadOffice struct {
	*world
	stop func()
}

// openLoad opens one, which collects garbage as `sendsikker serve` does. undo is that of every mailbox: while it lasts nothing is
// delivered.
func openLoad(t *testing.T, u *sandbox.University, database string, undo time.Duration, change func(*wiring)) *loadOffice {
	t.Helper()
	usual := debug.SetGCPercent(garbage)
	t.Cleanup(func() { debug.SetGCPercent(usual) })
	assets, err := readAssets()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{university: u, data: t.TempDir(), undo: undo}
	plan := w.wiring(worldOptions{assets: assets, log: slog.New(slog.NewJSONHandler(io.Discard, nil)), now: time.Now, timing: demoTiming()})
	if plan.Database = filepath.Join(w.data, "sendsikker.db"); database != "" {
		plan.Database = database
	}
	if change != nil {
		change(&plan)
	}
	if w.service, err = wire(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if err := w.furnish(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	var settings net.ListenConfig
	if w.listener, err = settings.Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- w.service.serve(ctx, w.listener) }()
	return &loadOffice{w, func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}}
}

// signatures is how many of RSA-3072 with SHA-256 all cores make in a second.
func signatures(t *testing.T, key crypto.Signer) (perSecond float64, each time.Duration) {
	t.Helper()
	if own, is := key.(*rsa.PrivateKey); !is || own.Size() != 3072/8 {
		t.Fatalf("the mailbox's key is %T, want RSA-3072", key)
	}
	digest := sha256.Sum256([]byte("x"))
	var wait sync.WaitGroup
	made := make([]int, runtime.GOMAXPROCS(0))
	begun, worked := time.Now(), processors()
	for core := range made {
		wait.Go(func() {
			for time.Since(begun) < 2*time.Second {
				if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					t.Error(err)
					return
				}
				made[core]++
			}
		})
	}
	wait.Wait()
	total := 0
	for _, n := range made {
		total += n
	}
	return float64(total) / time.Since(begun).Seconds(), (processors() - worked) / time.Duration(max(total, 1))
}

// rate is what was measured.
type rate struct {
	name          string
	clients       int
	perSecond     float64
	p50, p95, p99 time.Duration
	bound         float64       // signatures a second, just before and just after
	delivered     float64       // a second, meanwhile
	work          time.Duration // of the processors, for each: the client and the pretend world included
	signing       time.Duration // of the processors, for one signature
}

func (r rate) ratio() float64 { return r.perSecond / r.bound }

// share is how much of the work is the signature: what the ratio would be if nobody ever waited for the disk.
func (r rate) share() float64 { return float64(r.signing) / float64(r.work) }

// processors is the time that they have worked for this process.
func processors() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hammer posts the same mail again and again from a number of clients, each as soon as its last is answered.
func (o *loadOffice) hammer(t *testing.T, clients int) (r rate) {
	t.Helper()
	d := letter("bo@partner.example", "sikkerpost@region.example", "chen@uni.example")
	d["body"] = map[string]string{"text": strings.Repeat("Æblerne er røde på Åsen.\n", 40)}
	file := make([]byte, loadSize)
	_, _ = rand.Read(file)
	kind, body := form(t, d, part{"file", "bilag.pdf", "application/pdf", file})
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	u := o.university
	bearer := u.Entra.IssueApplication(u.Tenant.Applications[1])
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	delivered := func() float64 { return float64(len(u.Exchange.Delivered("chen@uni.example"))) }
	begun, before, worked := time.Now(), delivered(), processors()
	from := begun.Add(loadWarm)
	var asked atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			var mine []time.Duration
			for time.Since(from) < loadFor {
				begun := time.Now()
				if err := o.post(client, kind, bearer, bytes.NewReader(text), int64(len(text))); err != nil {
					t.Error(err)
					return
				}
				asked.Add(1)
				if begun.After(from) {
					mine = append(mine, time.Since(begun))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	wait.Wait()
	r.work = (processors() - worked) / time.Duration(max(asked.Load(), 1))
	r.delivered = (delivered() - before) / time.Since(begun).Seconds()
	r.clients, r.perSecond = clients, float64(len(all))/loadFor.Seconds()
	if len(all) == 0 {
		t.Fatal("nothing was accepted")
	}
	slices.Sort(all)
	at := func(percent int) time.Duration { return all[len(all)*percent/100] }
	r.p50, r.p95, r.p99 = at(50), at(95), at(99)
	return r
}

func (o *loadOffice) post(client *http.Client, kind, bearer string, body io.Reader, size int64) error {
	request, err := http.NewRequest(http.MethodPost, o.url()+"/v1/messages", body) //nolint:noctx // the test's own time-out ends it
	if err != nil {
		return err
	}
	request.ContentLength = size
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set("Idempotency-Key", uuid.NewString())
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("%d %s", response.StatusCode, answer)
	}
	return err
}

// TestLoad takes minutes: LOAD=1, or make load.
func TestLoad(t *testing.T) {
	if os.Getenv("LOAD") == "" {
		t.Skip("takes minutes and the whole machine: make load")
	}
	peer.NeedPostgres(t)
	server, err := peer.StartPostgres(durable...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	var rates []rate
	for _, c := range []struct {
		name     string
		postgres bool
		undo     time.Duration
		clients  []int
	}{
		{"SQLite, accepting", false, 5 * time.Minute, []int{8, 16}},
		{"PostgreSQL, accepting", true, 5 * time.Minute, []int{8, 16}},
		{"SQLite, delivering as well", false, 0, []int{8}},
		{"PostgreSQL, delivering as well", true, 0, []int{8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := sandbox.Open(t.Context(), sandbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = u.Close() }()
			database := ""
			if c.postgres {
				if database, err = server.Database(); err != nil {
					t.Fatal(err)
				}
			}
			o := openLoad(t, u, database, c.undo, func(w *wiring) { w.Limits = store.Limits{} })
			defer o.stop()
			for _, clients := range c.clients {
				key := u.Mailboxes[0].Identity.Key
				before, costs := signatures(t, key)
				r := o.hammer(t, clients)
				after, alsoCosts := signatures(t, key) // who else is on the machine comes and goes
				r.name, r.bound, r.signing = c.name, (before+after)/2, (costs+alsoCosts)/2
				rates = append(rates, r)
				if r.ratio() < loadFloor {
					t.Errorf("%.0f accepted a second with %d clients are %.2f of the machine's %.0f signatures", r.perSecond, clients, r.ratio(), r.bound)
				}
			}
		})
	}
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tclients\taccepted/s\tp50\tp95\tp99\tdelivered/s\tRSA-3072/s\tratio (goal %.1f)\twork each\tof it signing\t\n", loadGoal)
	for _, r := range rates {
		ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%s\t%s\t%s\t%.0f\t%.0f\t%.2f\t%s\t%.2f\t\n",
			r.name, r.clients, r.perSecond, ms(r.p50), ms(r.p95), ms(r.p99), r.delivered, r.bound, r.ratio(), ms(r.work), r.share())
	}
	_ = w.Flush()
	t.Log("\n" + out.String())
}
