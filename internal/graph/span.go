package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// upload sends the CMS in ranges to a session of its own. It streams each from the source: nothing is held in memory. What
// it learns from a broken connection is nothing, so it asks the session which bytes it has before it goes on.
//
//	PUT range ─▶ taken: the next one
//	    ├─ 429, 503: wait as told, the same again
//	    ├─ silence, another 5xx, 416: wait, ask which bytes come next, go on from there
//	    └─ 401, 404, 410: errGone, and the caller opens another session
func (c *Client) upload(ctx context.Context, mailbox string, to *url.URL, sealed *sealedBody) error {
	var (
		source io.Reader // at the byte "at", or nil
		at     int64
		stalls int
		ending bool // the last range may have been taken without our hearing of it
	)
	for range putsPerChunk * (sealed.size/chunk + 1) {
		if source == nil {
			var err error
			if source, err = sealed.open(at); err != nil {
				return internal(err)
			}
		}
		end := min(sealed.size, (at/chunk+1)*chunk)
		part := &exact{source: source, left: end - at, within: end < sealed.size}
		a, err := c.put(ctx, mailbox, to, part, at, end, sealed.size)
		if part.err != nil {
			return internal(part.err)
		}
		next, stop, wait := at, error(nil), time.Duration(0)
		switch {
		case err != nil:
			stop = silent("upload", err, aboutItem)
			ending = ending || end == sealed.size
		case a.status == http.StatusCreated, a.status == http.StatusOK, a.status == http.StatusAccepted:
			if next, err = c.taken(a, at, end, sealed.size); err != nil {
				return err
			}
		case isGone(a.status):
			if ending {
				// It may be gone because it is complete. A second attachment would make ordinary mail of it, so this draft is
				// given up, and another one costs the upload only.
				return c.passing("upload", a)
			}
			return errGone
		case isPassing(a.status):
			f := c.passing("upload", a)
			stop, wait = f, f.RetryAfter
			ending = ending || end == sealed.size && !isBusy(a.status)
		default:
			return c.refused("upload", a, aboutItem)
		}
		if stop != nil {
			if stalls++; stalls > maxStalls || !c.pause(ctx, wait, stalls) {
				return stop
			}
			if a == nil || !isBusy(a.status) {
				if next, err = c.resume(ctx, mailbox, to, at, sealed.size); errors.Is(err, errGone) && ending {
					return stop
				} else if err != nil {
					return err
				}
			}
		}
		if next > at {
			stalls = 0
		}
		if next == sealed.size {
			return nil
		}
		if next != end || stop != nil {
			source = nil
		}
		at = next
	}
	return unreadable("upload", &answer{}, errors.New("the upload does not come to its end"))
}

func isGone(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusNotFound || status == http.StatusGone
}

// isBusy says that the range was turned away unread.
func isBusy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// isPassing says that the range may be taken another time: a range is named by its bytes, so the same twice is no harm.
func isPassing(status int) bool {
	return isBusy(status) || status >= 500 && status != http.StatusInsufficientStorage || status == http.StatusRequestTimeout || status == http.StatusRequestedRangeNotSatisfiable
}

// passing is the fault for an answer that is about the session and not about the message.
func (c *Client) passing(operation string, a *answer) *fault.Fault {
	f := c.refused(operation, a, aboutItem)
	if f.Kind == fault.Rejected {
		f.Kind, f.Code, f.Say = fault.Unavailable, "graph_unavailable", sayUnavailable
	}
	return f
}

func (c *Client) put(ctx context.Context, mailbox string, to *url.URL, part io.Reader, from, end, size int64) (*answer, error) {
	return c.call(ctx, request{
		operation: "upload", mailbox: mailbox, method: abstractions.PUT, at: to,
		// The URL is pre-authenticated, and Graph says not to send it the token.
		anonymous:   true,
		contentType: "application/octet-stream", stream: part, size: end - from,
		headers: map[string]string{"Content-Range": fmt.Sprintf("bytes %d-%d/%d", from, end-1, size)},
		timeout: bodyTimeout, limit: smallAnswer,
	})
}

// resume asks the session which bytes come next. Microsoft's own libraries ask so (LargeFileUploadTask), the page on large
// attachments does not name it: where there is no usable answer the same range is tried again.
func (c *Client) resume(ctx context.Context, mailbox string, to *url.URL, at, size int64) (int64, error) {
	a, err := c.call(ctx, request{
		operation: "upload_status", mailbox: mailbox, method: abstractions.GET, at: to, anonymous: true, timeout: callTimeout, limit: smallAnswer,
	})
	switch {
	case err != nil:
		return at, nil //nolint:nilerr // no answer says no more than the one before it; the stalls are counted
	case isGone(a.status):
		return 0, errGone
	case a.status != http.StatusOK:
		return at, nil
	}
	if next, err := expected(a); err == nil && next < size {
		return next, nil
	}
	return at, nil
}

// pause waits as long as was asked for, or a while. False means that it is not worth waiting, or that the caller has gone.
func (c *Client) pause(ctx context.Context, asked time.Duration, stalls int) bool {
	if asked == 0 {
		asked = min(firstPause<<(stalls-1), maxPause)
	}
	if deadline, ok := ctx.Deadline(); asked > longestWait || ok && time.Until(deadline) <= asked {
		return false
	}
	timer := time.NewTimer(asked)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// taken is up to where the server has the bytes after a PUT of [from, to): 201 for the last, 200 (Outlook) or 202
// (the other upload sessions of Graph) with nextExpectedRanges before.
func (c *Client) taken(a *answer, from, to, size int64) (int64, error) {
	const operation = "upload"
	if a.status == http.StatusCreated {
		if to != size {
			return 0, unreadable(operation, a, errors.New("the upload ended before its last byte"))
		}
		return size, nil
	}
	next, err := expected(a)
	if err == nil && (next <= from || next > to || next == size) {
		err = errors.New("the upload asks for bytes that are not next")
	}
	if err != nil {
		return 0, unreadable(operation, a, err)
	}
	return next, nil
}

// expected is the first byte that the session wants: "0-", "3932160-" or "3932160-4999999", with an open or a stated end.
func expected(a *answer) (int64, error) {
	var session struct {
		Next []string `json:"nextExpectedRanges"`
	}
	if err := a.decode(&session); err != nil {
		return 0, err
	}
	if len(session.Next) != 1 {
		return 0, errors.New("the upload does not say which bytes come next")
	}
	first, _, _ := strings.Cut(session.Next[0], "-")
	next, err := strconv.ParseInt(first, 10, 64)
	if err != nil || next < 0 {
		return 0, errors.New("the upload does not say in bytes what comes next")
	}
	return next, nil
}
