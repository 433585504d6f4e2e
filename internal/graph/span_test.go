package graph_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
)

func TestAnUploadComesThroughBadWeatherWhole(t *testing.T) {
	t.Parallel()
	cms := noise(4_200_000) // two ranges
	seeks := func(b []byte) io.Reader { return bytes.NewReader(b) }
	streams := func(b []byte) io.Reader { return io.MultiReader(bytes.NewReader(b)) }
	for _, test := range []struct {
		local, kind           string
		read                  func([]byte) io.Reader
		sessions, puts, tries int
	}{
		{"upload-throttled", "streamed", streams, 1, 3, 1}, {"upload-busy", "with a source that seeks", seeks, 1, 3, 1},
		// The rest of a range that was half taken ends where the range would have.
		{"upload-dropped", "streamed", streams, 1, 3, 1}, {"upload-dropped", "with a source that seeks", seeks, 1, 3, 1},
		{"upload-expired", "streamed", streams, 2, 4, 1}, {"upload-expired", "with a source that seeks", seeks, 2, 4, 1},
		// Nobody knows whether the attachment is there: the draft is given up.
		{"upload-unheard", "streamed", streams, 2, 4, 2},
	} {
		t.Run(test.local+", "+test.kind, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			c := client(t, h.url, upload)
			address := test.local + "@partner.example"
			text := sealed(address, cms)
			var id string
			var err error
			tries := 0
			for id == "" && tries < test.tries {
				tries++
				id, err = c.CreateDraft(t.Context(), box, test.read(text), int64(len(text)))
				if err != nil {
					want(t, err, fault.Unavailable, "graph_unavailable")
				}
			}
			if err != nil || tries != test.tries {
				t.Fatalf("after %d tries: %v", tries, err)
			}
			if err := c.Send(t.Context(), box, id); err != nil {
				t.Fatal(err)
			}
			got, err := mail.ReadMessage(bytes.NewReader(wait(t, h, address, 1)[0].Raw))
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, got.Body)); err != nil || !bytes.Equal(body, cms) {
				t.Errorf("the CMS is another one: %d bytes, %v", len(body), err)
			}
			if n := h.log.count(http.MethodPost, "/createUploadSession"); n != test.sessions {
				t.Errorf("%d sessions, want %d", n, test.sessions)
			}
			if n := h.log.count(http.MethodPut, ""); n != test.puts {
				t.Errorf("%d PUTs, want %d", n, test.puts)
			}
			for _, s := range h.log.all() {
				if strings.HasPrefix(s.path, "/upload/") && s.header.Get("Authorization") != "" {
					t.Error("a token went to an upload URL")
				}
			}
			if n := len(h.exchange.Messages(box, "drafts")); n != 0 {
				t.Errorf("%d drafts are left", n)
			}
		})
	}
}

// uploading plays Graph without a network: put answers the n-th PUT or GET of the upload.
type uploading struct {
	answer func(n int, r *http.Request) (status int, header, body string)
	n      atomic.Int32
}

func (u *uploading) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	status, header, body := 201, "", `{"id":"AAkA1"}`
	switch {
	case r.URL.Path == "/up":
		status, header, body = u.answer(int(u.n.Add(1)), r)
	case strings.HasSuffix(r.URL.Path, "/createUploadSession"):
		body = `{"uploadUrl":"http://127.0.0.1:1/up"}`
	case r.Method == http.MethodDelete:
		status = 204
	}
	response := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
	if name, value, ok := strings.Cut(header, ": "); ok {
		response.Header.Set(name, value)
	}
	return response, nil
}

func TestRetryAfterIsObeyedInTheMiddleOfAnUploadAsLongAsTheCallerHasTime(t *testing.T) {
	t.Parallel()
	text := big()
	for name, test := range map[string]struct {
		status   int
		after    string
		deadline time.Duration
		took     time.Duration
		tries    int
		kind     fault.Kind // where it is given up
		code     string
	}{
		"429 for a minute":                     {429, "60", time.Hour, time.Minute, 2, 0, ""},
		"503 for a minute":                     {503, "60", time.Hour, time.Minute, 2, 0, ""},
		"429 without a word waits a second":    {429, "", time.Hour, time.Second, 2, 0, ""},
		"longer than the caller's time":        {429, "60", 30 * time.Second, 0, 1, fault.Throttled, "graph_throttled"},
		"longer than the window of the limits": {429, "301", time.Hour, 0, 1, fault.Throttled, "graph_throttled"},
		"a busy server, the caller in a hurry": {503, "60", 30 * time.Second, 0, 1, fault.Unavailable, "graph_busy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &uploading{answer: func(n int, _ *http.Request) (int, string, string) {
					if n == 1 {
						return test.status, "Retry-After: " + test.after, "{}"
					}
					return 201, "", ""
				}}
				c := client(t, "http://127.0.0.1:1", func(o *graph.Options) { o.Large, o.Transport = graph.LargeUpload, server })
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				start := time.Now()
				_, err := c.CreateDraft(ctx, box, bytes.NewReader(text), int64(len(text)))
				if test.code == "" && err != nil {
					t.Fatal(err)
				}
				if test.code != "" {
					f := want(t, err, test.kind, test.code)
					if f.RetryAfter == 0 {
						t.Error("the caller is not told when")
					}
				}
				if took := time.Since(start); took != test.took || int(server.n.Load()) != test.tries {
					t.Errorf("%d requests in %v", server.n.Load(), took)
				}
			})
		})
	}
}

func TestAnUploadThatComesToNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	oneRange, twoRanges := big(), sealed("bo@partner.example", noise(4_200_000))
	answer := func(status int, body string) func(int, *http.Request) (int, string, string) {
		return func(int, *http.Request) (int, string, string) { return status, "", body }
	}
	for name, test := range map[string]struct {
		answer func(int, *http.Request) (int, string, string)
		most   int // requests to the upload URL
		kind   fault.Kind
		code   string
	}{
		"busy for ever":                       {answer(503, "{}"), 7, fault.Unavailable, "graph_busy"},
		"throttled for ever":                  {answer(429, "{}"), 7, fault.Throttled, "graph_throttled"},
		"an error for ever":                   {answer(500, "{}"), 13, fault.Unavailable, "graph_unavailable"},
		"never the right range":               {answer(416, "{}"), 13, fault.Unavailable, "graph_unavailable"},
		"a session that is never found":       {answer(404, "{}"), 3, fault.Unavailable, "graph_unavailable"},
		"a session whose proof is never good": {answer(401, "{}"), 3, fault.Unavailable, "graph_unavailable"},
		"too large after all":                 {answer(413, "{}"), 1, fault.TooLarge, "graph_too_large"},
		"a mailbox that is full":              {answer(507, "{}"), 1, fault.Rejected, "graph_mailbox_full"},
		"a byte at a time": {func(n int, _ *http.Request) (int, string, string) {
			return 200, "", fmt.Sprintf(`{"nextExpectedRanges":["%d-"]}`, n)
		}, 8, fault.Unavailable, "graph_unreadable"},
		"a session that says it has what was never sent": {func(_ int, r *http.Request) (int, string, string) {
			if r.Method == http.MethodPut {
				return 500, "", ""
			}
			return 200, "", `{"nextExpectedRanges":["4100000-"]}`
		}, 13, fault.Unavailable, "graph_unavailable"},
		"done or not, nobody says": {func(_ int, r *http.Request) (int, string, string) {
			if r.Method == http.MethodPut {
				return 504, "", ""
			}
			return 404, "", "{}"
		}, 2, fault.Unavailable, "graph_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &uploading{answer: test.answer}
				c := client(t, "http://127.0.0.1:1", func(o *graph.Options) { o.Large, o.Transport = graph.LargeUpload, server })
				text := oneRange
				if strings.Contains(name, "never sent") {
					text = twoRanges
				}
				start := time.Now()
				_, err := c.CreateDraft(t.Context(), box, bytes.NewReader(text), int64(len(text)))
				want(t, err, test.kind, test.code)
				if n := int(server.n.Load()); n > test.most {
					t.Errorf("%d requests", n)
				}
				if took := time.Since(start); took > 3*time.Minute {
					t.Errorf("after %v", took)
				}
			})
		})
	}
}

// turning is a credential whose tokens are good for one call each.
type turning struct{ n *atomic.Int32 }

func (c turning) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: fmt.Sprint(bearer, c.n.Add(1)), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestALongUploadAsksForATokenAtEveryCallThatNeedsOne(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	url, log := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		r.Host = strings.TrimPrefix(h.url, "http://")
		forward(t, h.url, w, r)
	})
	c := client(t, url, func(o *graph.Options) {
		o.Large, o.Credential, o.UploadHosts = graph.LargeUpload, turning{&atomic.Int32{}}, []string{strings.TrimPrefix(h.url, "http://")}
	})
	text := sealed("upload-expired@partner.example", noise(4_200_000))
	id, err := c.CreateDraft(t.Context(), box, bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), box, id); err != nil {
		t.Fatal(err)
	}
	tokens := map[string]bool{}
	for _, s := range log.all() {
		tokens[s.header.Get("Authorization")] = true
	}
	if len(tokens) != 4 { // the draft, two sessions, the send
		t.Errorf("%d tokens in %d calls", len(tokens), len(log.all()))
	}
}

// endless is a sealed message of any size that is made as it is read.
type endless struct {
	head string
	size int64 // of all of it: head and whole lines
	at   int64
}

func newEndless(to string, size int64) *endless {
	head := string(sealed(to, nil))
	const line = 78
	return &endless{head: head, size: int64(len(head)) + (size-int64(len(head)))/line*line}
}

func (e *endless) Read(p []byte) (int, error) {
	if e.at == e.size {
		return 0, io.EOF
	}
	const line = "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuTWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuMTIz\r\n"
	n := 0
	for n < len(p) && e.at < e.size {
		from := line[(e.at-int64(len(e.head))+int64(len(line))*(1<<20))%int64(len(line)):]
		if e.at < int64(len(e.head)) {
			from = e.head[e.at:]
		}
		took := copy(p[n:], from)
		n, e.at = n+took, e.at+int64(took)
	}
	return n, nil
}

func (e *endless) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += e.at
	case io.SeekEnd:
		offset += e.size
	}
	e.at = offset
	return e.at, nil
}

// Not parallel: it measures what the whole process allocates.
func TestTheLargestMessageThatExchangeTakesIsUploadedInLittleMemory(t *testing.T) {
	const limit = 150_000_000
	server := uploadOnly(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		var first, last, total int64
		_, _ = fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total)
		if last+1 == total {
			w.WriteHeader(http.StatusCreated)
			return
		}
		fmt.Fprintf(w, `{"nextExpectedRanges":["%d"]}`, last+1)
	})
	c := client(t, server, func(o *graph.Options) { o.Large, o.MaxUpload = graph.LargeUpload, limit })
	for name, read := range map[string]func(*endless) io.Reader{
		"a source that seeks":    func(e *endless) io.Reader { return e },
		"a source that does not": func(e *endless) io.Reader { return io.MultiReader(e) },
	} {
		message := newEndless("bo@partner.example", limit)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		if _, err := c.CreateDraft(t.Context(), box, read(message), message.size); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes in %v, allocated in all: %d bytes", name, message.size, took.Round(time.Millisecond), allocated)
		if allocated > 8_000_000 {
			t.Errorf("%s: %d bytes of memory", name, allocated)
		}
	}
	if _, err := c.CreateDraft(t.Context(), box, strings.NewReader(""), limit+1); err == nil {
		t.Error("more than the limit is taken")
	}
}
