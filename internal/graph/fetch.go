package graph

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	// maxFetch is the largest message that a mailbox can hold, with room for the trace that transport has added to it.
	maxFetch = maxUploadEver + 4<<20
	// fetchTimeout is for all of it: 150 MB at 2 Mbit/s.
	fetchTimeout = 10 * time.Minute
	// firstLook, doubled up to maxLook, is between two looks into the Inbox.
	firstLook = 250 * time.Millisecond
	maxLook   = 5 * time.Second
)

// FetchMIME reads a message as Exchange has it, as a stream. Until it is closed it holds one of the mailbox's places. It
// ends with a fault where the message is longer than any may be, and never says that a message ended which was cut off.
func (c *Client) FetchMIME(ctx context.Context, mailbox, id string) (io.ReadCloser, error) {
	if !isSegment(mailbox) {
		return nil, badMailbox()
	}
	if !isSegment(id) {
		return nil, internal(errors.New("graph fetch: not a message id"))
	}
	const operation = "fetch"
	leave, err := c.enter(ctx, mailbox)
	if err != nil {
		return nil, silent(operation, err, aboutItem)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	m := &fetched{left: maxFetch, end: func() { cancel(); leave() }}
	var refusal *answer
	err = c.do(ctx, request{
		operation: operation, method: abstractions.GET, template: "/users/{mailbox}/messages/{id}/$value",
		values: map[string]string{"mailbox": mailbox, "id": id}, accept: "text/plain",
	}, func(response *http.Response) {
		if response.StatusCode == http.StatusOK {
			m.body = response.Body
			return
		}
		refusal = read(response, smallAnswer)
	})
	switch {
	case err != nil:
		m.end()
		return nil, silent(operation, err, aboutItem)
	case refusal != nil:
		m.end()
		return nil, c.refused(operation, refusal, aboutItem)
	}
	return m, nil
}

// fetched is a message on its way in.
type fetched struct {
	body io.ReadCloser
	left int64
	end  func()
}

func (m *fetched) Read(p []byte) (int, error) {
	// One byte more than may come shows a message that is too long; one that is exactly as long is none.
	n, err := m.body.Read(p[:min(int64(len(p)), m.left+1)])
	if m.left -= int64(n); m.left < 0 {
		return 0, tooLarge(errors.New("graph fetch: the message is longer than a mailbox takes"))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fault.New(fault.Unavailable, "graph_unavailable", sayUnavailable, errors.New("graph fetch: "+networkReason(err)))
	}
	return n, err
}

func (m *fetched) Close() error {
	if m.end == nil {
		return nil
	}
	// The context ends first: closing alone would read on, to use the connection again.
	m.end()
	m.end = nil
	return m.body.Close()
}

// AwaitInbox waits until a message with the Message-ID lies in the mailbox's Inbox and returns its id. It looks until the
// context ends, which is then the cause; a fault that is not of passing nature ends it before.
func (c *Client) AwaitInbox(ctx context.Context, mailbox, messageID string) (string, error) {
	if !isSegment(mailbox) {
		return "", badMailbox()
	}
	if messageID == "" {
		return "", internal(errors.New("graph inbox: no Message-ID"))
	}
	for wait := firstLook; ; wait = min(2*wait, maxLook) {
		found, err := c.search(ctx, "await_inbox", mailbox, "/mailFolders/inbox", messageID, func(i item) bool { return !*i.IsDraft })
		if err == nil && found != nil && isSegment(found.ID) {
			return found.ID, nil
		}
		pause := wait
		if err != nil {
			f := fault.From(err)
			if f.Kind != fault.Throttled && f.Kind != fault.Unavailable {
				return "", err
			}
			pause = max(pause, f.RetryAfter)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if err == nil {
				err = fault.New(fault.Unavailable, "graph_not_arrived", sayNotArrived, ctx.Err())
			}
			return "", err
		}
	}
}
