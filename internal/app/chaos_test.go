package app

import (
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/sandbox/exchange"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// storm is what a crowd of machines goes through.
type storm struct {
	name      string
	postgres  bool
	messages  int
	mailboxes int
	replicas  int
	kills     int           // SIGKILL, at random moments, on random replicas
	pause     time.Duration // between two of them, by half to one and a half
	restarts  int           // of PostgreSQL, by a crash
	clients   int           // that hand messages in at a time
	weather   exchange.Chance
	seed      uint64
	settle    time.Duration // after the last message was accepted: longer than this, and something hangs
	lease     time.Duration // of an attempt: so long is its place lost when its machine dies
	rescue    time.Duration // so long until a job of a dead machine is given out again
	hurry     bool          // do not wait for the queue's own time-outs: a test has less patience than an operator
}

// theWeather is what the whole is built for: 5 % turned away, 2 % done and not said, 2 % not done and not said, 1 % cut off.
func theWeather(seed uint64) exchange.Chance {
	return exchange.Chance{Throttled: 50, Unheard: 20, Undone: 20, Dropped: 10, Seed: seed}
}

// TestChaos takes minutes: CHAOS=1, or make chaos.
func TestChaos(t *testing.T) {
	if os.Getenv("CHAOS") == "" {
		t.Skip("takes minutes: make chaos")
	}
	var columns []column
	for _, s := range []storm{
		{name: "PostgreSQL", postgres: true, replicas: 3, restarts: 2, pause: 2400 * time.Millisecond},
		{name: "SQLite", replicas: 1, pause: 2000 * time.Millisecond},
	} {
		s.messages, s.mailboxes, s.kills, s.clients, s.seed = 2000, 20, 30, 6, uint64(time.Now().UnixNano())
		s.weather, s.settle, s.lease, s.rescue = theWeather(s.seed), 2*time.Minute, 3*time.Second, 10*time.Second
		t.Run(s.name, func(t *testing.T) { columns = append(columns, s.run(t)) })
	}
	t.Log(table(columns))
}

func TestWhileMachinesDieNothingIsLostOrDoubledOrStuck(t *testing.T) {
	t.Parallel()
	for _, s := range []storm{
		{name: "two machines on PostgreSQL", postgres: true, replicas: 2, restarts: 1},
		{name: "one machine on SQLite", replicas: 1},
	} {
		s.messages, s.mailboxes, s.kills, s.pause, s.clients, s.seed = 60, 15, 4, 500*time.Millisecond, 3, 1
		s.weather, s.settle, s.lease, s.rescue, s.hurry = theWeather(s.seed), time.Minute, time.Second, time.Second, true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			c := s.run(t)
			t.Log(table([]column{c}))
		})
	}
}

// crowd is the machines that go through a storm, and what they share.
type crowd struct {
	storm
	world    *world
	plan     replicaPlan
	server   *peer.Postgres // nil on SQLite
	database *sql.DB        // to look
	replicas []*replica
	killed   int
	accepted []acceptance
}

// run goes through the storm, and counts.
func (s storm) run(t *testing.T) column {
	t.Helper()
	begun := time.Now()
	c := s.gather(t)
	for n := range s.replicas {
		plan := c.plan
		plan.Lists, plan.Log = filepath.Join(c.world.data, fmt.Sprintf("lists%d", n)), logOf(c.world.data, n)
		c.replicas = append(c.replicas, startReplica(t, plan))
	}
	var killing sync.WaitGroup
	killing.Go(func() { c.killAtRandom(t) })
	said := c.post(t)
	posted := time.Since(begun)
	killing.Wait()
	c.settleDown(t)
	settled := time.Since(begun)
	for _, r := range c.replicas {
		r.restart() // what was running ends; nothing begins that the count would miss
		r.stop()
	}
	found := c.count(t)
	found.posts, found.took, found.posted = said, settled, posted
	for _, r := range c.replicas {
		found.starts += r.starts
	}
	c.explain(t, found)
	return found
}

// gather makes the university, the database and the spool, and closes them again as they are on the first day.
func (s storm) gather(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{storm: s}
	u, err := sandbox.Open(t.Context(), sandbox.Options{Fast: true, MoreMailboxes: s.mailboxes - 1, Chance: s.weather})
	if err != nil {
		t.Fatal(err)
	}
	c.world = &world{university: u, data: t.TempDir()}
	t.Cleanup(func() { _ = u.Close() })
	c.plan = replicaPlan{
		Database: filepath.Join(c.world.data, "sendsikker.db"), Spool: filepath.Join(c.world.data, "spool"), MasterKey: filepath.Join(c.world.data, "master.key"),
		University: u.URL, Directory: u.Directory.Address(),
		Anchors: []anchorPEM{
			{"sandbox-dk", writeCertificates([]*x509.Certificate{u.Danish.Root()}), writeCertificates(u.Danish.Intermediates())},
			{"sandbox-int", writeCertificates([]*x509.Certificate{u.Foreign.Root()}), writeCertificates(u.Foreign.Intermediates())},
		},
		Timing:  sending.Timing{LookPause: 300 * time.Millisecond, GraceLooks: 3, MaxLooks: 40},
		Limits:  store.Limits{Concurrent: 3, PerMinute: 240, Bytes: 112_500_000, BytesIn: 5 * time.Minute, Recipients: 10_000, Lease: s.lease},
		Workers: 6, Rescue: s.rescue,
	}
	driver, where := "sqlite", c.plan.Database+"?_pragma=busy_timeout(10000)"
	if s.postgres {
		peer.NeedPostgres(t)
		if c.server, err = peer.StartPostgres(durable...); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.server.Stop)
		if c.plan.Database, err = c.server.Database(); err != nil {
			t.Fatal(err)
		}
		driver, where = "pgx", c.plan.Database
	}
	c.open(t, time.Now, func(s *service) {
		c.world.service = s
		if err := c.world.furnish(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	})
	if c.database, err = sql.Open(driver, where); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.database.Close() })
	return c
}

// durable: what PostgreSQL said to have kept is there after it was killed only if it was brought to the disk.
var durable = []string{"fsync=on"}

// open wires the service in this process, without workers, for as long as do takes.
func (c *crowd) open(t *testing.T, now func() time.Time, do func(s *service)) {
	t.Helper()
	plan := c.plan
	plan.Lists = filepath.Join(c.world.data, "lists")
	w, err := plan.wiring(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.Now = now
	s, err := wire(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	do(s)
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// killAtRandom is the storm's other half.
func (c *crowd) killAtRandom(t *testing.T) {
	dice := rand.New(rand.NewPCG(c.seed, 1))
	every := c.kills + 1
	if c.restarts > 0 {
		every = c.kills / (c.restarts + 1)
	}
	for c.killed < c.kills {
		time.Sleep(c.pause/2 + rand.N(c.pause))
		victim := c.replicas[dice.IntN(len(c.replicas))]
		if c.killed%2 == 0 {
			victim.awaitPost(c.pause)
		}
		if !victim.kill() {
			continue // it is being started
		}
		if c.killed++; c.killed%every == 0 && c.killed/every <= c.restarts {
			c.server.Kill()
			if err := c.server.Start(durable...); err != nil {
				t.Error(err)
				return
			}
		}
	}
}

// awaitPost waits for the middle of an acceptance: a random moment is one of those too rarely.
func (r *replica) awaitPost(within time.Duration) {
	for deadline := time.Now().Add(within); r.posting.Load() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(rand.N(10 * time.Millisecond))
}

// unfinished messages are those without a receipt or report.
func (c *crowd) unfinished(t *testing.T) (n int) {
	err := c.database.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM message WHERE notice_kind IS NULL`).Scan(&n)
	if err != nil {
		t.Error(errors.Join(errors.New("counting what is unfinished"), err))
	}
	return n
}

// settleDown waits until every message has its receipt or report, and no longer than it may.
func (c *crowd) settleDown(t *testing.T) {
	t.Helper()
	next := time.Now().Add(time.Second)
	for deadline := time.Now().Add(c.settle); c.unfinished(t) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d messages have neither receipt nor report after %s", c.unfinished(t), c.settle)
			return
		}
		if c.hurry && time.Now().After(next) {
			c.succeed(t)
			next = time.Now().Add(3 * time.Second)
		}
	}
}

// succeed has the place of a leader that was killed taken at once, where it is kept for fifteen seconds; the first thing that a
// new leader does is to look for jobs of the dead, which is otherwise done twice a minute.
func (c *crowd) succeed(t *testing.T) {
	if _, err := c.database.ExecContext(t.Context(), `DELETE FROM river_leader`); err != nil {
		t.Error(err)
	}
	for _, r := range c.replicas {
		r.restart()
	}
}
