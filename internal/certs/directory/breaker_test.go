package directory

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

func TestADirectoryThatFailsIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &breaker{now: time.Now, log: slog.New(slog.DiscardHandler)}
		silent := trouble(CodeSilent, errLost)
		ask := func(err error) (asked bool) {
			trial, refused := b.enter()
			if refused != nil {
				if f := fault.From(refused); f.Kind != fault.Unavailable || f.Code != CodeSilent || f.RetryAfter <= 0 {
					t.Errorf("answered with %+v", f)
				}
				return false
			}
			b.leave(context.Background(), trial, err)
			return true
		}
		for i := range maxFailures {
			if !ask(silent) {
				t.Fatalf("not asked after %d failures", i)
			}
		}
		for pause := firstPause; ; pause *= 2 {
			pause = min(pause, longestPause)
			if ask(nil) {
				t.Fatalf("asked at the beginning of a pause of %v", pause)
			}
			time.Sleep(pause - time.Second)
			if ask(nil) {
				t.Fatalf("asked before a pause of %v was over", pause)
			}
			time.Sleep(time.Second)
			if !ask(silent) {
				t.Fatalf("not asked after a pause of %v", pause)
			}
			if pause == longestPause {
				break
			}
		}
		time.Sleep(longestPause)
		// One tries; the others are answered until that is over.
		trial, err := b.enter()
		if err != nil || !trial {
			t.Fatal("nobody may try")
		}
		if ask(nil) {
			t.Error("a second one may try")
		}
		b.leave(context.Background(), true, trouble(CodeSilent, context.Canceled)) // who tried has gone away: that says nothing
		if !ask(nil) {
			t.Error("nobody may try after one who gave up")
		}
		for range maxFailures - 1 { // it works again, and begins anew
			if !ask(silent) {
				t.Error("not asked though it works again")
			}
		}
		if !ask(nil) {
			t.Error("left alone too early")
		}
	})
}

func TestWhatCountsAsAFailure(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		err   error
		times int // until it is left alone; 0 is never
		pause time.Duration
	}{
		{"an answer", nil, 0, 0},
		{"a part of an answer", trouble(CodePartial, errMore), 0, 0},
		{"no such base", trouble(CodeBase, nil), 0, 0},
		{"a refusal", trouble(CodeRefused, nil), 0, 0},
		{"no answer in time", trouble(CodeSilent, context.DeadlineExceeded), maxFailures, firstPause},
		{"nobody there", trouble(CodeUnreachable, nil), maxFailures, firstPause},
		{"nobody who proves who they are", trouble(CodeTLS, nil), maxFailures, firstPause},
		{"garbage", trouble(CodeGarbled, errFrame), maxFailures, firstPause},
		{"a refused password, which may lock the name", trouble(CodeLogin, nil), 1, longestPause},
		{"our own connections are all in use", trouble(CodeSilent, errBusy), 0, 0},
		{"whoever asked has gone away", trouble(CodeSilent, context.Canceled), 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now := time.Now()
			b := &breaker{now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}
			for i := 1; i <= 2*maxFailures; i++ {
				trial, err := b.enter()
				if err != nil {
					if i-1 != c.times || fault.From(err).RetryAfter != c.pause {
						t.Errorf("left alone after %d, for %v", i-1, fault.From(err).RetryAfter)
					}
					return
				}
				b.leave(context.Background(), trial, c.err)
			}
			if c.times != 0 {
				t.Error("never left alone")
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) move(by time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(by) }

func TestADownDirectoryCostsNobodyTimeAndIsFoundAgain(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	var up atomic.Bool
	address := listen(t, func(conn net.Conn) {
		asked.Add(1)
		if up.Load() {
			answering(func(conn net.Conn, id int64) { _, _ = conn.Write(done(id, 0)) })(conn)
		}
	})
	var log bytes.Buffer
	hands := &clock{at: time.Now()}
	d := must(New(Config{Name: "down", Host: address, TLS: Off, Base: "c=DK"}, Deps{Now: hands.now, Log: slog.New(slog.NewTextHandler(&log, nil))}))
	t.Cleanup(func() { _ = d.Close() })
	once := func() string {
		_, err := d.Find(context.Background(), []string{wanted})
		return codeOf(err)
	}
	for range maxFailures + 5 {
		if code := once(); code != CodeSilent {
			t.Fatalf("%q", code)
		}
	}
	if asked.Load() != maxFailures {
		t.Errorf("asked %d times", asked.Load())
	}
	up.Store(true)
	if once() != CodeSilent {
		t.Error("asked before the pause is over")
	}
	hands.move(firstPause)
	if code := once(); code != "" {
		t.Errorf("after the pause: %q", code)
	}
	if once() != "" || asked.Load() != maxFailures+1 {
		t.Errorf("asked on %d connections", asked.Load())
	}
	for _, secret := range []string{"hemmelig", "mail=", "127.0.0.1"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, log.String())
		}
	}
	if got := strings.Count(log.String(), "source=ldap:down"); got != 2 {
		t.Errorf("%d lines in the log: %s", got, log.String())
	}
	// A connection that has waited too long is not trusted to be there.
	hands.move(maxIdle)
	if once() != "" || asked.Load() != maxFailures+2 {
		t.Errorf("asked on %d connections", asked.Load())
	}
}

func TestACheckThatSucceedsEndsThePause(t *testing.T) {
	t.Parallel()
	var up atomic.Bool
	address := listen(t, func(conn net.Conn) {
		if up.Load() {
			answering(func(conn net.Conn, id int64) {
				_, _ = conn.Write(append(entryFor(id, wanted, papers().many[0].Raw), done(id, 0)...))
			})(conn)
		}
	})
	d := open(t, Config{Name: "mended", Host: address, TLS: Off, Base: "c=DK"})
	for range maxFailures {
		_, _ = d.Find(context.Background(), []string{wanted})
	}
	if err := d.Check(context.Background()); codeOf(err) != CodeSilent {
		t.Errorf("check says %q", codeOf(err))
	}
	up.Store(true)
	if err := d.Check(context.Background()); err != nil {
		t.Errorf("check says %v", err)
	}
	if len(find(t, d, wanted)) != 1 {
		t.Error("not asked")
	}
}
