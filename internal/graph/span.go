package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	// chunk is the largest multiple of 320 KiB below 4 MB (outlook-large-attachments: "less than 4 MB" a PUT), and every
	// range ends at a multiple of it.
	chunk = 12 * 320 << 10
	// maxStalls is how many times in a row a range may fail with nothing taken. With the pauses between them it is about a
	// minute: longer outages are the queue's, which does not hold a worker while it waits.
	maxStalls = 6
	// firstPause, doubled up to maxPause, is between tries where the answer does not say.
	firstPause = time.Second
	maxPause   = 30 * time.Second
	// longestWait is Graph's window for what a mailbox takes in (throttling-limits: 150 MB in five minutes). Within it an
	// upload that has begun waits; what asks for more goes back to the queue and begins anew.
	longestWait = 5 * time.Minute
	// putsPerChunk bounds a server that takes little at a time.
	putsPerChunk = 8
)

// transfer is one upload by one session. It streams each range from the source: nothing is held in memory. What it learns
// from a broken connection is nothing, so it asks the session which bytes it has before it goes on.
//
//	PUT range ─▶ taken: the next one
//	    ├─ 429, 503: wait as told, the same again
//	    ├─ silence, another 5xx, 408, 416: wait, ask which bytes come next, go on from there
//	    └─ 401, 404, 410: errGone, and the caller opens another session
type transfer struct {
	client  *Client
	mailbox string
	to      *url.URL
	sealed  *sealedBody
	source  io.Reader // of the bytes from "at", or nil
	at      int64
	stalls  int

	// ending says that the last range may have been taken without our hearing of it. It is never taken back: a request that
	// we have given up may still be on its way.
	ending bool
}

// upload sends the CMS to the session. errGone says that another session may be opened for the same draft.
func (c *Client) upload(ctx context.Context, mailbox string, to *url.URL, sealed *sealedBody) error {
	t := &transfer{client: c, mailbox: mailbox, to: to, sealed: sealed}
	for range putsPerChunk * (sealed.size/chunk + 1) {
		if err := t.next(ctx); err != nil {
			return err
		}
		if t.at == sealed.size {
			return nil
		}
	}
	return unreadable("upload", &answer{}, errors.New("the upload does not come to its end"))
}

// next sends one range and moves to where the session wants to go on.
func (t *transfer) next(ctx context.Context) error {
	end := min(t.sealed.size, (t.at/chunk+1)*chunk)
	a, err := t.put(ctx, end)
	if _, ours := errors.AsType[*fault.Fault](err); ours {
		return err
	}
	if err != nil {
		t.ending = t.ending || end == t.sealed.size
		return t.stalled(ctx, silent("upload", err, aboutItem), end)
	}
	switch {
	case a.status == http.StatusCreated, a.status == http.StatusOK, a.status == http.StatusAccepted:
		next, err := taken(a, t.at, end, t.sealed.size)
		if err != nil {
			return err
		}
		if next != end {
			t.source = nil
		}
		t.at, t.stalls = next, 0
		return nil
	case isGone(a.status):
		return t.gone(t.client.passing("upload", a))
	case isBusy(a.status):
		return t.stalled(ctx, t.client.passing("upload", a), t.at)
	case isPassing(a.status):
		t.ending = t.ending || end == t.sealed.size
		return t.stalled(ctx, t.client.passing("upload", a), end)
	}
	return t.client.refused("upload", a, aboutItem)
}

// gone is what follows from a session that is not there. It may be gone because it is complete, and a second attachment
// would make ordinary mail of the draft (MS-OXOSMIME 2.1.3.2: exactly one). Then the draft is given up; another one costs
// the upload only.
func (t *transfer) gone(f *fault.Fault) error {
	if t.ending {
		return f
	}
	return errGone
}

// stalled waits, and finds out where to go on if some of the bytes up to end may have been taken. The error says that it is
// not worth it any more.
func (t *transfer) stalled(ctx context.Context, f *fault.Fault, end int64) error {
	t.source = nil
	if t.stalls++; t.stalls > maxStalls || !pause(ctx, f.RetryAfter, t.stalls) {
		return f
	}
	if end == t.at {
		return nil // turned away unread
	}
	next, err := t.client.resume(ctx, t.mailbox, t.to, t.at, end, t.sealed.size)
	if err != nil {
		return t.gone(f)
	}
	if next > t.at {
		t.stalls = 0
	}
	t.at = next
	return nil
}

// put sends the bytes up to end. The error is a fault of ours where the source is at fault, and otherwise a *silence.
func (t *transfer) put(ctx context.Context, end int64) (*answer, error) {
	if t.source == nil {
		var err error
		if t.source, err = t.sealed.open(t.at); err != nil {
			return nil, internal(err)
		}
	}
	part := &exact{source: t.source, left: end - t.at, within: end < t.sealed.size}
	a, err := t.client.call(ctx, request{
		operation: "upload", mailbox: t.mailbox, method: abstractions.PUT, at: t.to,
		// The URL is pre-authenticated, and Graph says not to send it the token.
		anonymous:   true,
		contentType: "application/octet-stream", stream: part, size: end - t.at,
		headers: map[string]string{"Content-Range": fmt.Sprintf("bytes %d-%d/%d", t.at, end-1, t.sealed.size)},
		timeout: bodyTimeout, limit: smallAnswer,
	})
	if part.err != nil {
		return nil, internal(part.err)
	}
	return a, err
}
