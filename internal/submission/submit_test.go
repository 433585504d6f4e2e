package submission_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/exchange"
	"aau.dk/sendsikker/internal/submission"
)

func TestASubmittedMessageArrivesAsItWasAtExactlyTheEnvelope(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	var said []string
	c := h.client(t, func(o *submission.Options) {
		o.Observe = func(command string, code int, _ time.Duration) { said = append(said, command); _ = code }
	})
	// The header names somebody who is not of this copy; the body has lines that begin with dots.
	message := append(sealed("bo@partner.example, other@partner.example", 1000), "..\r\n.\r\n.x\r\nlast"...)
	if err := send(t, c, message, "bo@partner.example", "Chen.O'Hara+x@partner.example"); err != nil {
		t.Fatal(err)
	}
	got := h.wait(t, "bo@partner.example", 1)[0]
	if !bytes.HasSuffix(got.Raw, append(message, "\r\n"...)) {
		t.Errorf("arrived as\n%s", got.Raw)
	}
	if !slices.Equal(got.Recipients, []string{"bo@partner.example", "Chen.O'Hara+x@partner.example"}) || len(h.exchange.All()) != 2 {
		t.Errorf("went to %v, %d deliveries", got.Recipients, len(h.exchange.All()))
	}
	if in := h.exchange.Messages(box, "sentitems"); len(in) != 1 || !bytes.HasPrefix(in[0].Raw, message) || in[0].IsDraft {
		t.Errorf("Sent Items: %d", len(in))
	}
	if !slices.Equal(said, []string{"token", "dot"}) {
		t.Errorf("measured: %v", said)
	}
}

func TestBadWeatherIsToldApart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		local     string
		codes     []string // of each attempt, "" is accepted
		kind      fault.Kind
		after     time.Duration
		delivered int
	}{
		{"throttled", []string{"submission_throttled", "submission_throttled", ""}, fault.Throttled, 20 * time.Second, 1},
		{"busy", []string{"submission_unavailable", ""}, fault.Unavailable, 30 * time.Second, 1},
		{"timeout-but-sent", []string{"submission_unclear"}, fault.Unclear, 0, 1},
		{"dropped", []string{"submission_unclear"}, fault.Unclear, 0, 1},
		{"timeout-not-sent", []string{"submission_unclear", ""}, fault.Unclear, 0, 1},
		{"cut-off", []string{"submission_unavailable", "submission_unavailable"}, fault.Unavailable, 0, 0},
		{"rejected", []string{"submission_invalid_recipients"}, fault.Rejected, 0, 0},
		{"bounces", []string{""}, 0, 0, 0},
	} {
		t.Run(test.local, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			c := h.client(t, nil)
			address := test.local + "@partner.example"
			message := sealed(address, 1000)
			if test.local == "cut-off" {
				message = sealed(address, 16_000_000) // more than lies in the sockets' buffers: the break comes before the dot
			}
			for _, code := range test.codes {
				err := send(t, c, message, "bo@partner.example", address)
				if code == "" {
					if err != nil {
						t.Fatal(err)
					}
				} else if f := want(t, err, test.kind, code); f.RetryAfter != test.after {
					t.Errorf("wait %v", f.RetryAfter)
				}
			}
			if test.delivered > 0 {
				h.wait(t, address, test.delivered)
			}
			h.exchange.Close() // what is on its way has arrived, or never will
			if n := len(h.exchange.Delivered(address)); n != test.delivered {
				t.Errorf("delivered %d times", n)
			}
			if n := len(h.exchange.Delivered("bo@partner.example")); test.local != "bounces" && n != test.delivered {
				t.Errorf("the other recipient got it %d times", n)
			}
		})
	}
}

func TestWhoMaySubmitIsExchangesToSay(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) {
		c.Allowed = func(_, mailbox string) bool { return mailbox != "smtp-no@its.aau.example" }
	})
	message := sealed("bo@partner.example", 1000)
	submit := func(c *submission.Client, mailbox string) error {
		return c.Submit(t.Context(), mailbox, []string{"bo@partner.example"}, bytes.NewReader(message), int64(len(message)))
	}
	want(t, submit(h.client(t, nil), "smtp-off@its.aau.example"), fault.Rejected, "submission_disabled")
	want(t, submit(h.client(t, nil), "nobody@its.aau.example"), fault.Unavailable, "submission_token_refused")
	stranger := h.client(t, func(o *submission.Options) { o.Credential = credential{token: "another"} })
	want(t, submit(stranger, box), fault.Unavailable, "submission_token_refused")
	other := bytes.Replace(message, []byte(box), []byte("rektor@its.aau.example"), 1)
	want(t, send(t, h.client(t, nil), other, "bo@partner.example"), fault.Rejected, "submission_send_as_denied")
	if n := len(h.exchange.All()); n != 0 {
		t.Errorf("%d delivered", n)
	}
}

func TestWithoutATokenNobodyIsConnectedAndOnlyTheEntraCodeIsSaid(t *testing.T) {
	t.Parallel()
	for name, credential := range map[string]credential{
		"a refusal":              {err: errors.New("POST https://login.example/its.aau.example: AADSTS7000215: Invalid client secret " + bearer)},
		"an empty token":         {},
		"a token with a control": {token: "a\x01b"},
		"a token with a line":    {token: "a\r\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(o *submission.Options) { o.Address, o.Credential = "127.0.0.1:1", credential })
			f := want(t, send(t, c, sealed("bo@partner.example", 10), "bo@partner.example"), fault.Unavailable, "submission_token")
			if credential.err != nil && !strings.Contains(f.Error(), "AADSTS7000215") {
				t.Error(f)
			}
			want(t, c.Ready(t.Context()), fault.Unavailable, "submission_token")
		})
	}
}

func TestAMessageOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.MaxSendSize = 100_000 })
	message := sealed("bo@partner.example", 100_000)
	want(t, send(t, h.client(t, nil), message, "bo@partner.example"), fault.TooLarge, "submission_too_large")
	c := client(t, func(o *submission.Options) { o.Address, o.MaxMessage = "127.0.0.1:1", 1000 })
	want(t, send(t, c, message, "bo@partner.example"), fault.TooLarge, "submission_too_large")
	if c.MaxMessage() != 1000 || h.client(t, nil).MaxMessage() != submission.DefaultMaxMessage {
		t.Error("another limit is told")
	}
}

func TestAnAddressThatIsNoneNeverReachesTheServer(t *testing.T) {
	t.Parallel()
	c := client(t, func(o *submission.Options) { o.Address = "127.0.0.1:1" })
	message := sealed("bo@partner.example", 10)
	for _, bad := range []string{"", "bo", "bo@", "@partner.example", "bo@partner.example>\r\nRCPT TO:<eve@x.example", "b o@x.example", "<bo@x.example>", "bo@x.example\x00", "\xff@x.example", strings.Repeat("x", 400) + "@x.example"} {
		want(t, send(t, c, message, "bo@partner.example", bad), fault.Rejected, "submission_invalid_recipients")
		want(t, c.Submit(t.Context(), bad, []string{"bo@partner.example"}, bytes.NewReader(message), 10), fault.Rejected, "submission_mailbox")
	}
	want(t, send(t, c, message), fault.Rejected, "submission_invalid_recipients")
	want(t, send(t, c, message, slices.Repeat([]string{"bo@partner.example"}, 1001)...), fault.Rejected, "submission_invalid_recipients")
}

func TestAMessageThatWouldBeChangedIsNotSent(t *testing.T) {
	t.Parallel()
	head := string(sealed("bo@partner.example", 10))
	for name, body := range map[string]string{
		"a bare LF":                     "one\ntwo\r\n",
		"a bare LF around a dot":        "one\n.\nMAIL FROM:<eve@x.example>\r\n",
		"a bare CR around a dot":        "one\r.\r\nMAIL FROM:<eve@x.example>\r\n",
		"a CR at the end":               "one\r",
		"a NUL":                         "a\x00b\r\n",
		"a line of 999":                 strings.Repeat("x", 999) + "\r\n",
		"a line without end, much text": strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			want(t, send(t, h.client(t, nil), []byte(head+body), "bo@partner.example"), fault.Rejected, "submission_lines")
			h.exchange.Close()
			if n := len(h.exchange.All()); n != 0 {
				t.Errorf("%d delivered", n)
			}
		})
	}
}

func TestASourceThatFailsSendsNothing(t *testing.T) {
	t.Parallel()
	message := sealed("bo@partner.example", 50_000)
	size := int64(len(message))
	for name, test := range map[string]struct {
		mime io.Reader
		size int64
	}{
		"shorter than stated": {bytes.NewReader(message), size + 1},
		"longer than stated":  {bytes.NewReader(message), size - 1},
		"empty":               {bytes.NewReader(nil), 0},
		"unreadable":          {io.MultiReader(bytes.NewReader(message[:30_000]), broken{}), size},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			err := h.client(t, nil).Submit(t.Context(), box, []string{"bo@partner.example"}, test.mime, test.size)
			want(t, err, fault.Internal, "submission_source")
			h.exchange.Close()
			if n := len(h.exchange.All()); n != 0 {
				t.Errorf("%d delivered", n)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestACallerWhoGoesAwayInTheMiddleHasSentNothing(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	message := sealed("bo@partner.example", 500_000)
	ctx, cancel := context.WithCancel(t.Context())
	source := io.MultiReader(bytes.NewReader(message[:300_000]), leaving(cancel), bytes.NewReader(message[300_000:]))
	f := want(t, h.client(t, nil).Submit(ctx, box, []string{"bo@partner.example"}, source, int64(len(message))), fault.Unavailable, "submission_unavailable")
	if !errors.Is(f, context.Canceled) {
		t.Error(f)
	}
	h.exchange.Close()
	if n := len(h.exchange.All()); n != 0 {
		t.Errorf("%d delivered", n)
	}
}

// leaving is a reader of nothing that calls something and gives it time.
type leaving func()

func (l leaving) Read([]byte) (int, error) { l(); time.Sleep(20 * time.Millisecond); return 0, io.EOF }

func TestAMailboxHasTwoConnectionsAtATime(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := h.client(t, nil)
	message := sealed("bo@partner.example", 1000)
	var inside, most atomic.Int32
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			mailbox := box
			if n%2 == 0 {
				mailbox = strings.ToUpper(box) // the same mailbox in other letters waits at the same gate
			}
			source := &slow{Reader: bytes.NewReader(message), inside: &inside, most: &most}
			if err := c.Submit(t.Context(), mailbox, []string{"bo@partner.example"}, source, int64(len(message))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most.Load() != 2 {
		t.Errorf("%d at a time, want 2", most.Load())
	}
}

// slow is a message that takes its time to be read.
type slow struct {
	io.Reader
	inside, most *atomic.Int32
	in           bool
}

func (s *slow) Read(p []byte) (int, error) {
	if !s.in {
		s.in = true
		n := s.inside.Add(1)
		for old := s.most.Load(); n > old && !s.most.CompareAndSwap(old, n); old = s.most.Load() {
		}
		time.Sleep(20 * time.Millisecond)
	}
	n, err := s.Reader.Read(p)
	if err != nil {
		s.inside.Add(-1)
	}
	return n, err
}

// Not parallel: it measures what the whole process allocates.
func TestALargeMessageDoesNotLieInMemory(t *testing.T) {
	h := open(t, func(c *exchange.Config) { c.MaxSendSize = 150_000_000 })
	c := h.client(t, func(o *submission.Options) { o.MaxMessage = 150_000_000 })
	allocated := func(n int) uint64 {
		message := sealed("bo@partner.example", n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := send(t, c, message, "bo@partner.example"); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := allocated(8_000_000), allocated(24_000_000)
	t.Logf("allocated in all, the server included: %d bytes for 8 MB, %d for 24 MB", small, large)
	// 16 MB more of message; under the race detector pools give back less.
	if large > small+8_000_000 {
		t.Errorf("24 MB took %d bytes of memory, 8 MB took %d", large, small)
	}
}
