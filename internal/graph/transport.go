package graph

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	// idleTimeout is short, because a POST on a connection that the other side has just closed is an unclear one.
	idleTimeout = 30 * time.Second
	// maxHeader is room for Graph's own headers many times over; the default of net/http is 10 MB an answer.
	maxHeader = 64 << 10
)

// body is a request body as a stream. The SDK's RequestInformation takes bodies as one []byte only; a sealed copy does
// not belong in memory, so the stream rides in the context and the transport puts it on the request, with its exact
// length: Graph is not known to take chunked bodies everywhere.
//
// net/http may go on reading a body after it has returned an early answer. stop ends that, so that the caller may look
// at, or use again, what lies behind the reader.
type body struct {
	mu      sync.Mutex
	reader  io.Reader
	size    int64
	stopped bool
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return 0, io.ErrClosedPipe
	}
	return b.reader.Read(p)
}

func (b *body) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
}

// wire is what the transport is told of one call, and what it tells: whether it had a connection to Graph. The trace is
// not in the call's own context, for the credential gets that one too, and a connection to Entra says nothing.
type wire struct {
	body      *body // nil: the request's own
	connected atomic.Bool
}

type wireKey struct{}

// transport is the whole of our middleware.
type transport struct{ next http.RoundTripper }

func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if w, ok := request.Context().Value(wireKey{}).(*wire); ok {
		request = request.Clone(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
			GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
		}))
		if w.body != nil {
			request.Body, request.ContentLength, request.GetBody = io.NopCloser(w.body), w.body.size, nil
		}
	}
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	// The adapter would answer a claims challenge by sending the request once more (with a body already read), and
	// panics on a challenge without quotes: kiota-http-go v1.5.4, retryCAEResponseIfRequired.
	response.Header.Del("WWW-Authenticate")
	return response, nil
}

// ownTransport is HTTP/1.1 only: one request a connection, so that "no connection was had" means "nothing was said",
// and nothing in net/http sends a POST a second time after a byte of it was written.
func ownTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    16,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		Protocols:              &protocols,
	}
}
