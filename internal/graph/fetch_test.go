package graph_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

func TestAMailToTheMailboxItselfIsAwaitedAndFetched(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.SendDelay = 300 * time.Millisecond })
	c := client(t, h.url, upload)
	ctx, trace := graph.WithTrace(t.Context())
	text := sealed(box, noise(4_000_000))
	id, err := c.CreateDraft(ctx, box, bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(ctx, box, id); err != nil {
		t.Fatal(err)
	}
	arrived, err := c.AwaitInbox(ctx, box, messageID)
	if err != nil || arrived == id {
		t.Fatalf("arrived as %q, %v", arrived, err)
	}
	mime, err := c.FetchMIME(ctx, box, arrived)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(mime)
	if err != nil || !bytes.HasSuffix(got, text[bytes.Index(text, []byte("\r\n\r\n")):]) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for range 2 {
		if err := mime.Close(); err != nil {
			t.Error(err)
		}
	}
	calls := trace.Calls()
	for n, one := range calls {
		if one.Operation == "" || one.Status == 0 || len(one.RequestID) != 36 || len(one.ClientRequestID) != 36 || one.At.IsZero() || trace.RequestIDs()[n] != one.RequestID {
			t.Errorf("traced as %+v", one)
		}
	}
	if asked := h.log.all(); len(calls) != len(asked) || asked[0].header.Get("client-request-id") != calls[0].ClientRequestID {
		t.Errorf("%d calls traced, %d made", len(calls), len(asked))
	}
}

func TestAMessageThatDoesNotComeIsAwaitedAsLongAsTheCallerWants(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	_, err := c.AwaitInbox(ctx, box, messageID)
	if f := want(t, err, fault.Unavailable, "graph_not_arrived"); !errors.Is(f, context.DeadlineExceeded) {
		t.Error(f)
	}
	_, err = c.AwaitInbox(t.Context(), "nobody@its.aau.example", messageID)
	want(t, err, fault.Rejected, "graph_mailbox_unknown")
	_, err = c.AwaitInbox(t.Context(), box, "")
	want(t, err, fault.Internal, "graph_source")
}

func TestAnInboxThatIsThrottledIsAskedWhenItSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := client(t, "http://127.0.0.1:1", func(o *graph.Options) {
			o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				asked++
				status, body := 200, `{"value":[{"id":"AAkA2","isDraft":false}]}`
				if asked < 3 {
					status, body = 429, `{}`
				}
				return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"60"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			})
		})
		start := time.Now()
		if id, err := c.AwaitInbox(t.Context(), box, messageID); err != nil || id != "AAkA2" || time.Since(start) != 2*time.Minute {
			t.Errorf("%q, %v, after %v", id, err, time.Since(start))
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAMessageThatIsCutOffOrEndlessIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		kind   fault.Kind
		code   string
	}{
		"not there":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, fault.Unavailable, "graph_unavailable"},
		"another status": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206) }, fault.Unavailable, "graph_unavailable"},
		"forbidden":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, fault.Rejected, "graph_forbidden"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "From: "+box)
		}, fault.Unavailable, "graph_unavailable"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for part := make([]byte, 1<<20); ; {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		}, fault.TooLarge, "graph_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := answering(t, test.answer)
			mime, err := client(t, url, nil).FetchMIME(t.Context(), box, "AAkA1")
			if err == nil {
				_, err = io.Copy(io.Discard, mime)
				_ = mime.Close()
			}
			want(t, err, test.kind, test.code)
		})
	}
}

func TestAMessageThatIsBeingFetchedHoldsAPlaceUntilItIsClosed(t *testing.T) {
	t.Parallel()
	url, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
	c := client(t, url, nil)
	var open []io.Closer
	for range 3 {
		mime, err := c.FetchMIME(t.Context(), box, "AAkA1")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, mime)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.FetchMIME(ctx, box, "AAkA1")
	want(t, err, fault.Unavailable, "graph_unavailable")
	_ = open[0].Close()
	mime, err := c.FetchMIME(t.Context(), box, "AAkA1")
	if err != nil {
		t.Fatal(err)
	}
	_ = mime.Close()
}

func TestACallThatWasNeverAnsweredIsTracedByOurID(t *testing.T) {
	t.Parallel()
	url, log := answering(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	ctx, trace := graph.WithTrace(t.Context())
	f := want(t, client(t, url, nil).Send(ctx, box, "AAkA1"), fault.Unclear, "graph_unclear")
	id := log.all()[0].header.Get("client-request-id")
	if ids := trace.RequestIDs(); len(ids) != 1 || ids[0] != id || !strings.Contains(f.Error(), id) {
		t.Errorf("traced %v, %v", ids, f)
	}
	for range 300 {
		_ = client(t, "http://127.0.0.1:1", nil).Send(ctx, box, "AAkA1")
	}
	if n := len(trace.Calls()); n != 200 || trace.Calls()[199].Status != 0 {
		t.Errorf("%d calls are kept", n)
	}
}
