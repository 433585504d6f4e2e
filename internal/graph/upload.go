package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	// sessionFrom is the size from which an attachment goes by upload session. The documentation says 3 MB and not
	// which; below 3,000,000 a plain POST fits into 4 MB of request by either reading.
	sessionFrom = 3_000_000
	// sessionSure is where the session is the only way by either reading.
	sessionSure = 3 << 20
	// chunk is a multiple of 320 KiB below 4 MB (outlook-large-attachments: "less than 4 MB" a PUT).
	chunk = 12 * 320 << 10
	// tooSmall is how a session refuses an attachment under its minimum (graph-docs#6555).
	tooSmall = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
)

// attach puts the one attachment on the draft.
func (c *Client) attach(ctx context.Context, mailbox, id string, sealed *sealedBody) error {
	if sealed.size < sessionFrom {
		return c.attachRaw(ctx, mailbox, id, sealed)
	}
	to, err := c.uploadSession(ctx, mailbox, id, sealed.size)
	if errors.Is(err, errTooSmall) {
		return c.attachRaw(ctx, mailbox, id, sealed)
	}
	if err != nil {
		return err
	}
	return c.upload(ctx, mailbox, to, sealed)
}

func (c *Client) attachRaw(ctx context.Context, mailbox, id string, sealed *sealedBody) error {
	const (
		operation = "attach"
		before    = `{"@odata.type":"#microsoft.graph.fileAttachment","name":"` + attachmentName + `","contentType":"` + attachmentType + `","contentBytes":"`
		after     = `"}`
	)
	source := &exact{source: sealed.raw, left: sealed.size}
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

var errTooSmall = errors.New("graph: too small for an upload session")

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

// upload sends the bytes in order, as nextExpectedRanges says. One chunk is held in memory, so that a range which the
// server took in part can be continued from where it stopped.
func (c *Client) upload(ctx context.Context, mailbox string, to *url.URL, sealed *sealedBody) error {
	const operation = "upload"
	buffer := make([]byte, min(chunk, sealed.size))
	for at := int64(0); at < sealed.size; {
		part := buffer[:min(chunk, sealed.size-at)]
		if _, err := io.ReadFull(sealed.raw, part); err != nil {
			return internal(err)
		}
		for len(part) > 0 {
			a, err := c.call(ctx, request{
				operation: operation, mailbox: mailbox, method: abstractions.PUT, at: to,
				// The URL is pre-authenticated, and Graph says not to send it the token.
				anonymous:   true,
				contentType: "application/octet-stream", stream: bytes.NewReader(part), size: int64(len(part)),
				headers: map[string]string{"Content-Range": fmt.Sprintf("bytes %d-%d/%d", at, at+int64(len(part))-1, sealed.size)},
				timeout: bodyTimeout, limit: smallAnswer,
			})
			if err != nil {
				return silent(operation, err, aboutItem)
			}
			next, err := c.taken(a, at, at+int64(len(part)), sealed.size)
			if err != nil {
				return err
			}
			part, at = part[next-at:], next
		}
	}
	return nil
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
	if a.status != http.StatusOK && a.status != http.StatusAccepted {
		return 0, c.refused(operation, a, aboutItem)
	}
	var session struct {
		Next []string `json:"nextExpectedRanges"`
	}
	if err := a.decode(&session); err != nil {
		return 0, unreadable(operation, a, err)
	}
	if len(session.Next) != 1 {
		return 0, unreadable(operation, a, errors.New("the upload does not say which bytes come next"))
	}
	// "0-", "3932160-" or "3932160-4999999", with an open or a stated end.
	first, _, _ := strings.Cut(session.Next[0], "-")
	next, err := strconv.ParseInt(first, 10, 64)
	if err != nil || next <= from || next > to || next == size {
		return 0, unreadable(operation, a, errors.New("the upload asks for bytes that are not next"))
	}
	return next, nil
}
