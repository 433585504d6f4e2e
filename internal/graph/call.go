package graph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	// callTimeout is for calls that carry little. Graph's own gateway gives up after about 100 s (the SDK's timeout).
	callTimeout = 110 * time.Second
	// bodyTimeout is for calls that carry up to 4 MB: that much at 128 kbit/s.
	bodyTimeout = 5 * time.Minute
	// smallAnswer bounds an answer about one thing; Graph sends under 4 KB with our $select, a full message more.
	smallAnswer = 1 << 20
	// listAnswer bounds a page of findPage messages with 500 recipients each (Exchange's default maximum).
	listAnswer = 8 << 20
)

// request is one call to Graph.
type request struct {
	operation   string // metric label: a fixed word
	mailbox     string // whose gate to wait at; "" is nobody's
	method      abstractions.HttpMethod
	template    string            // RFC 6570, after the base URL; every value is percent-encoded as one segment
	values      map[string]string // of the template
	at          *url.URL          // instead of template: an absolute URL that was checked
	anonymous   bool              // no token: the URL is proof enough
	headers     map[string]string
	accept      string // "" is JSON
	contentType string
	content     []byte
	stream      io.Reader // instead of content, size bytes
	size        int64
	timeout     time.Duration
	limit       int64 // bytes of answer
}

// answer is what Graph said, whatever the status.
type answer struct {
	status int
	header http.Header
	body   []byte
	whole  bool // the body ended within the limit
}

// call makes one request, once. The error is a *silence or a *tokenError.
func (c *Client) call(ctx context.Context, r request) (*answer, error) {
	if r.mailbox != "" {
		leave, err := c.enter(ctx, r.mailbox)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	var got *answer
	if err := c.do(ctx, r, func(response *http.Response) { got = read(response, r.limit) }); err != nil {
		return nil, err
	}
	return got, nil
}

// enter waits for a place at the mailbox's gate.
func (c *Client) enter(ctx context.Context, mailbox string) (leave func(), err error) {
	leave, err = c.gate.Enter(ctx, mailbox)
	if err != nil {
		return nil, &silence{reason: "gave up waiting for other requests to the mailbox", cause: sentinel(err)}
	}
	return leave, nil
}

// do makes the request and hands the answer over before it returns; answered closes its body, now or later.
func (c *Client) do(ctx context.Context, r request, answered func(*http.Response)) error {
	w := &wire{}
	if r.stream != nil {
		w.body = &body{reader: r.stream, size: r.size}
		defer w.body.stop()
	}
	start := c.now()
	made := Call{Operation: r.operation, At: start, ClientRequestID: uuid.NewString()}
	info := c.information(r, made.ClientRequestID, func(response *http.Response) {
		made.Status, made.RequestID = response.StatusCode, plainID(response.Header.Get("request-id"))
		answered(response)
	})
	adapter := c.graph
	if r.anonymous {
		adapter = c.anonymous
	}
	err := adapter.SendNoContent(context.WithValue(ctx, wireKey{}, w), info, nil)
	c.observe(r.operation, made.Status, c.now().Sub(start))
	if refused, ok := errors.AsType[*tokenError](err); ok && made.Status == 0 {
		return refused // nothing was asked: there is no call to trace
	}
	record(ctx, made)
	if made.Status != 0 {
		return nil
	}
	return &silence{
		reason: networkReason(err), id: made.ClientRequestID,
		// A transport that is not net/http's own may not call GotConn: then only a failed dial proves that nothing was said.
		asked: w.connected.Load() || !c.traced && !isDial(err),
		cause: sentinel(err),
	}
}

func (c *Client) information(r request, id string, answered func(*http.Response)) *abstractions.RequestInformation {
	values := make(map[string]string, len(r.values)+1)
	for name, value := range r.values {
		values[name] = value
	}
	// The adapter sets baseurl itself, but only after the token was asked for.
	values["baseurl"] = c.base.String()
	info := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(r.method, "{+baseurl}"+r.template, values)
	if r.at != nil {
		info.SetUri(*r.at)
	}
	for name, value := range r.headers {
		info.Headers.Add(name, value)
	}
	info.Headers.Add("User-Agent", "SendSikker")
	// Diagnostics only: Graph repeats it in its answer and its logs, and promises nothing else for it.
	info.Headers.Add("client-request-id", id)
	if !r.anonymous {
		// Regular ids change when an item moves, as from Drafts to Sent Items (outlook-immutable-id).
		info.Headers.Add("Prefer", `IdType="ImmutableId"`)
		if r.accept == "" {
			r.accept = "application/json"
		}
		info.Headers.Add("Accept", r.accept)
	}
	if r.contentType != "" {
		info.Headers.Add("Content-Type", r.contentType)
	}
	info.Content = r.content
	option := abstractions.NewRequestHandlerOption()
	option.SetResponseHandler(func(response any, _ abstractions.ErrorMappings) (any, error) {
		native, ok := response.(*http.Response)
		if !ok {
			return nil, errors.New("graph: the adapter's answer is not net/http's")
		}
		answered(native)
		return nil, nil
	})
	info.AddRequestOptions([]abstractions.RequestOption{option})
	return info
}

func read(response *http.Response, limit int64) *answer {
	defer func() { _ = response.Body.Close() }()
	a := &answer{status: response.StatusCode, header: response.Header}
	text, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	a.whole = err == nil && int64(len(text)) <= limit
	a.body = text[:min(int64(len(text)), limit)]
	return a
}

// decode reads the JSON of an accepted answer.
func (a *answer) decode(into any) error {
	if !a.whole {
		return errors.New("the answer is cut off or too long")
	}
	if json.Unmarshal(a.body, into) != nil {
		// The decoder's own words may quote the answer.
		return errors.New("the answer is not the documented JSON")
	}
	return nil
}
