package graph_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
)

func TestNoConnectionMeansNothingWasSentEvenForSend(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	_ = listener.Close()
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, call(t.Context(), client(t, url, nil)), fault.Unavailable, "graph_unavailable")
		})
	}
}

func TestAnAnswerThatDoesNotComeIsUnclearForSendAndHarmlessElsewhere(t *testing.T) {
	t.Parallel()
	for how, handle := range map[string]http.HandlerFunc{
		"no answer in time": func(_ http.ResponseWriter, r *http.Request) {
			// The server notices that the client has gone only once it has read the body.
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"the connection is closed": func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		},
		"half a status line": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("HTTP/1.1 20"))
				_ = conn.Close()
			}
		},
		"not HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("220 mail.partner.example ESMTP\r\n"))
				_ = conn.Close()
			}
		},
		"endless headers": func(w http.ResponseWriter, _ *http.Request) {
			for range 200 {
				w.Header().Add("X", strings.Repeat("x", 1000))
			}
			w.WriteHeader(http.StatusAccepted)
		},
	} {
		for name, call := range calls {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				url, log := answering(t, handle)
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				kind, code := fault.Unavailable, "graph_unavailable"
				if name == "send" {
					kind, code = fault.Unclear, "graph_unclear"
				}
				want(t, call(ctx, client(t, url, nil)), kind, code)
				// net/http itself repeats a GET on a connection that broke; never a POST or DELETE.
				if n := log.count(http.MethodPost, "") + log.count(http.MethodDelete, ""); n > 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

func TestACallerWhoGoesAwayBeforeTheRequestHasSentNothing(t *testing.T) {
	t.Parallel()
	url, log := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := want(t, client(t, url, nil).Send(ctx, box, "AAkA1"), fault.Unavailable, "graph_unavailable")
	if !errors.Is(f, context.Canceled) || len(log.all()) != 0 {
		t.Errorf("%v, %d requests", f, len(log.all()))
	}
}

// foreign is a transport that does not say when it has a connection.
type foreign struct{ err error }

func (f foreign) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestATransportThatTellsLittleMakesSendUnclear(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1", func(o *graph.Options) { o.Transport = foreign{errors.New("lost " + box)} })
	want(t, c.Send(t.Context(), box, "AAkA1"), fault.Unclear, "graph_unclear")
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	c = client(t, "http://127.0.0.1:1", func(o *graph.Options) { o.Transport = foreign{dial} })
	want(t, c.Send(t.Context(), box, "AAkA1"), fault.Unavailable, "graph_unavailable")
}

func TestWithoutATokenNothingIsAskedAndOnlyTheEntraCodeIsSaid(t *testing.T) {
	t.Parallel()
	url, log := answering(t, func(http.ResponseWriter, *http.Request) {})
	c := client(t, url, func(o *graph.Options) {
		o.Credential = credential{errors.New("POST https://login.example/its.aau.example: AADSTS7000215: Invalid client secret " + bearer)}
	})
	for name, call := range calls {
		f := want(t, call(t.Context(), c), fault.Unavailable, "graph_token")
		if !strings.Contains(f.Error(), "AADSTS7000215") {
			t.Errorf("%s: %v", name, f)
		}
	}
	want(t, c.Ready(t.Context()), fault.Unavailable, "graph_token")
	if len(log.all()) != 0 {
		t.Error("a request without a token")
	}
}

// fetching gets its token over the network, with the context of the call.
type fetching struct {
	credential
	url string
}

func (f fetching) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	_ = response.Body.Close()
	return f.credential.GetToken(ctx, o)
}

func TestAConnectionToEntraIsNotOneToGraph(t *testing.T) {
	t.Parallel()
	entra, log := answering(t, func(http.ResponseWriter, *http.Request) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := "http://" + listener.Addr().String()
	_ = listener.Close()
	c := client(t, away, func(o *graph.Options) { o.Credential = fetching{url: entra} })
	want(t, calls["send"](t.Context(), c), fault.Unavailable, "graph_unavailable")
	if len(log.all()) != 1 {
		t.Error("the token was not fetched")
	}
}

// hanging is Entra that never answers.
type hanging struct{}

func (hanging) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	<-ctx.Done()
	return azcore.AccessToken{}, ctx.Err()
}

// Each call waits in one of the mailbox's few places.
func TestATokenThatDoesNotComeIsGivenUpAfterHalfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1:1", func(o *graph.Options) { o.Credential = hanging{} })
		for name, call := range calls {
			start := time.Now()
			want(t, call(t.Context(), c), fault.Unavailable, "graph_token")
			if took := time.Since(start); took != 30*time.Second {
				t.Errorf("%s: gave up after %v", name, took)
			}
		}
	})
}
