package graph

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// resume asks the session which bytes come next. Microsoft's own libraries ask so (LargeFileUploadTask), the page on large
// attachments does not name it: where there is no usable answer the same range is tried again. What it has cannot be more than
// was sent, up to end.
func (c *Client) resume(ctx context.Context, mailbox string, to *url.URL, at, end, size int64) (int64, error) {
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
	if next, err := expected(a); err == nil && next <= end && next < size {
		return next, nil
	}
	return at, nil
}

// pause waits as long as was asked for, or a while. False means that it is not worth waiting, or that the caller has gone.
func pause(ctx context.Context, asked time.Duration, stalls int) bool {
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
func taken(a *answer, from, to, size int64) (int64, error) {
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
