package graph_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

func TestBadWeatherIsToldApartAndNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		local     string
		faults    []string // code of each attempt, "" is accepted
		kind      fault.Kind
		after     time.Duration
		place     graph.Place // after the attempts
		delivered int
	}{
		{"throttled", []string{"graph_throttled", "graph_throttled", ""}, fault.Throttled, time.Second, graph.PlaceSent, 1},
		{"busy", []string{"graph_busy", ""}, fault.Unavailable, time.Second, graph.PlaceSent, 1},
		{"timeout-but-sent", []string{"graph_unclear"}, fault.Unclear, 0, graph.PlaceSent, 1},
		{"timeout-not-sent", []string{"graph_unclear"}, fault.Unclear, 0, graph.PlaceDraft, 0},
		{"dropped", []string{"graph_unclear"}, fault.Unclear, 0, graph.PlaceSent, 1},
		{"rejected", []string{"graph_invalid_recipients"}, fault.Rejected, 0, graph.PlaceDraft, 0},
		{"bounces", []string{""}, 0, 0, graph.PlaceSent, 0},
	} {
		t.Run(test.local, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			c := client(t, h.url, nil)
			address := test.local + "@partner.example"
			mime := sealed(address, noise(1000))
			id, err := c.CreateDraft(t.Context(), box, bytes.NewReader(mime), int64(len(mime)))
			if err != nil {
				t.Fatal(err)
			}
			for n, code := range test.faults {
				err := c.Send(t.Context(), box, id)
				if code == "" {
					if err != nil {
						t.Fatal(err)
					}
				} else if f := want(t, err, test.kind, code); f.RetryAfter != test.after {
					t.Errorf("wait %v", f.RetryAfter)
				}
				if posts := h.log.count(http.MethodPost, "/send"); posts != n+1 {
					t.Fatalf("%d requests for %d attempts", posts, n+1)
				}
			}
			deadline := time.Now().Add(3 * time.Second)
			place, err := c.Find(t.Context(), box, id, messageID, nil)
			for err == nil && place != test.place && time.Now().Before(deadline) {
				time.Sleep(5 * time.Millisecond)
				place, err = c.Find(t.Context(), box, id, messageID, nil)
			}
			if err != nil || place != test.place {
				t.Fatalf("it is %q, %v", place, err)
			}
			if n := len(h.exchange.Delivered(address)); n != test.delivered {
				t.Errorf("delivered %d times", n)
			}
			if test.place == graph.PlaceSent {
				// A second send of what has left is no second mail, and not a plain no either.
				want(t, c.Send(t.Context(), box, id), fault.Unclear, "graph_draft_gone")
				if n := len(h.exchange.Delivered(address)); n != test.delivered {
					t.Errorf("a second send delivered: %d", n)
				}
			}
			if reports := h.exchange.Messages(box, "inbox"); (len(reports) == 1) != (test.local == "bounces") {
				t.Errorf("%d reports in the Inbox", len(reports))
			}
		})
	}
}

func TestWhoMaySendIsExchangesToSay(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.Allowed = func(_, mailbox string) bool { return mailbox == box } })
	c := client(t, h.url, nil)
	mime := bytes.ReplaceAll(sealed("bo@partner.example", noise(10)), []byte(box), []byte("rektor@its.aau.example"))
	id, err := c.CreateDraft(t.Context(), box, bytes.NewReader(mime), int64(len(mime)))
	if err != nil {
		t.Fatal(err)
	}
	want(t, c.Send(t.Context(), box, id), fault.Rejected, "graph_send_as_denied")
	_, err = c.CreateDraft(t.Context(), "o'brien/x+y@its.aau.example", bytes.NewReader(mime), int64(len(mime)))
	want(t, err, fault.Rejected, "graph_forbidden")
	_, err = c.CreateDraft(t.Context(), "nobody@its.aau.example", bytes.NewReader(mime), int64(len(mime)))
	want(t, err, fault.Rejected, "graph_mailbox_unknown")
	none := bytes.ReplaceAll(sealed("bo@partner.example", noise(10)), []byte("To: bo@partner.example\r\nCc: \"Kopi, Modtager\" <kopi@partner.example>\r\n"), nil)
	if id, err = c.CreateDraft(t.Context(), box, bytes.NewReader(none), int64(len(none))); err != nil {
		t.Fatal(err)
	}
	want(t, c.Send(t.Context(), box, id), fault.Rejected, "graph_invalid_recipients")
}

func TestAMailboxIsAskedByThreeAtATime(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	var inside, most atomic.Int32
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		forward(t, h.url, w, r)
	}))
	t.Cleanup(slow.Close)
	c := client(t, slow.URL, nil)
	var wait sync.WaitGroup
	for n := range 12 {
		wait.Go(func() {
			mime := sealed(fmt.Sprintf("r%d@partner.example", n), noise(1000))
			mailbox := box
			if n%2 == 0 {
				// The same mailbox in other letters waits at the same gate.
				mailbox = strings.ToUpper(box)
			}
			if _, err := c.CreateDraft(t.Context(), mailbox, bytes.NewReader(mime), int64(len(mime))); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if most.Load() != 3 {
		t.Errorf("%d at a time, want 3", most.Load())
	}
}
