package graph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	// sessionFrom is the size from which an attachment goes by upload session. The documentation says 3 MB and not
	// which; below 3,000,000 a plain POST fits into 4 MB of request by either reading.
	sessionFrom = 3_000_000
	// sessionSure is where the session is the only way by either reading.
	sessionSure = 3 << 20
	// maxSessions is how often an upload is begun anew. A session is good for hours and its URL for less, so a second is to
	// be expected of a slow line, and a fourth says that something else is wrong.
	maxSessions = 3
	// tooSmall is how a session refuses an attachment under its minimum (graph-docs#6555).
	tooSmall = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
)

var (
	errTooSmall = errors.New("graph: too small for an upload session")
	errGone     = errors.New("graph: the upload session is gone")
)

// attach puts the one attachment on the draft.
func (c *Client) attach(ctx context.Context, mailbox, id string, sealed *sealedBody) error {
	if sealed.size < sessionFrom {
		return c.attachRaw(ctx, mailbox, id, sealed)
	}
	for range maxSessions {
		to, err := c.uploadSession(ctx, mailbox, id, sealed.size)
		if errors.Is(err, errTooSmall) {
			return c.attachRaw(ctx, mailbox, id, sealed)
		}
		if err != nil {
			return err
		}
		// A session that is gone has left nothing on the draft: an attachment appears when its last byte is taken.
		if err = c.upload(ctx, mailbox, to, sealed); !errors.Is(err, errGone) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "graph_unavailable", sayUnavailable, errGone)
}

func (c *Client) attachRaw(ctx context.Context, mailbox, id string, sealed *sealedBody) error {
	const (
		operation = "attach"
		before    = `{"@odata.type":"#microsoft.graph.fileAttachment","name":"` + attachmentName + `","contentType":"` + attachmentType + `","contentBytes":"`
		after     = `"}`
	)
	content, err := sealed.open(0)
	if err != nil {
		return internal(err)
	}
	source := &exact{source: content, left: sealed.size}
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.POST, template: "/users/{mailbox}/messages/{id}/attachments", values: map[string]string{"mailbox": mailbox, "id": id},
		contentType: "application/json",
		stream:      io.MultiReader(strings.NewReader(before), &encoding{source: source}, strings.NewReader(after)),
		size:        int64(len(before)+len(after)) + encodedLen(sealed.size),
		timeout:     bodyTimeout, limit: int64(maxNotice) + smallAnswer, // the answer may repeat contentBytes
	})
	switch {
	case source.err != nil:
		return internal(source.err)
	case err != nil:
		return silent(operation, err, aboutItem)
	case a.status != http.StatusCreated:
		return c.refused(operation, a, aboutItem)
	}
	return nil
}

func (c *Client) uploadSession(ctx context.Context, mailbox, id string, size int64) (*url.URL, error) {
	const operation = "create_upload_session"
	content, err := json.Marshal(map[string]any{"AttachmentItem": map[string]any{
		"attachmentType": "file", "name": attachmentName, "contentType": attachmentType, "size": size,
	}})
	if err != nil {
		return nil, internal(errors.New("graph: the upload session cannot be written as JSON"))
	}
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.POST, template: "/users/{mailbox}/messages/{id}/attachments/createUploadSession",
		values:      map[string]string{"mailbox": mailbox, "id": id},
		contentType: "application/json", content: content, timeout: callTimeout, limit: smallAnswer,
	})
	if err != nil {
		return nil, silent(operation, err, aboutItem)
	}
	if a.status != http.StatusCreated {
		if code, _ := odataError(a.body); code == tooSmall && size < sessionSure {
			return nil, errTooSmall
		}
		return nil, c.refused(operation, a, aboutItem)
	}
	var session struct {
		UploadURL string `json:"uploadUrl"`
	}
	err = a.decode(&session)
	var to *url.URL
	if err == nil {
		to, err = c.uploadURL(session.UploadURL)
	}
	if err != nil {
		return nil, unreadable(operation, a, err)
	}
	return to, nil
}

// uploadURL checks where the sealed bytes are to go: an answer is not to choose the host.
func (c *Client) uploadURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Host == "" || !slices.Contains(c.uploadHosts, strings.ToLower(u.Host)) ||
		u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname()) && isLoopback(c.base.Hostname())) {
		return nil, errors.New("the upload URL leads to a host that is not allowed")
	}
	return u, nil
}
