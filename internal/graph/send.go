package graph

import (
	"context"
	"errors"
	"net/http"

	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// Send sends a draft. It asks once; nil means 202, that Exchange has taken it over (an NDR may still come). Unclear
// means that it may have been sent: ask Find before anything else. Throttled has been seen for mail that did go out
// (Microsoft Q&A 5629476), so Find belongs before a repetition after it, too.
func (c *Client) Send(ctx context.Context, mailbox, id string) error {
	if !isSegment(mailbox) {
		return badMailbox()
	}
	if !isSegment(id) {
		return internal(errors.New("graph send: not a message id"))
	}
	const operation = "send"
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.POST, template: "/users/{mailbox}/messages/{id}/send",
		values: map[string]string{"mailbox": mailbox, "id": id}, timeout: callTimeout, limit: smallAnswer,
	})
	if err != nil {
		return silent(operation, err, aboutSending)
	}
	// A 202 with Retry-After is accepted as well; repeating it makes a duplicate (msgraph-sdk-java#1487).
	if a.status != http.StatusAccepted {
		return c.refused(operation, a, aboutSending)
	}
	return nil
}

// Discard deletes a draft that will not be sent. A draft that is not there is no error.
func (c *Client) Discard(ctx context.Context, mailbox, id string) error {
	if !isSegment(mailbox) {
		return badMailbox()
	}
	if !isSegment(id) {
		return internal(errors.New("graph discard: not a message id"))
	}
	const operation = "discard"
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.DELETE, template: "/users/{mailbox}/messages/{id}",
		values: map[string]string{"mailbox": mailbox, "id": id}, timeout: callTimeout, limit: smallAnswer,
	})
	if err != nil {
		return silent(operation, err, aboutItem)
	}
	if code, _ := odataError(a.body); a.status == http.StatusNotFound && code == "ErrorItemNotFound" {
		return nil
	}
	if a.status != http.StatusNoContent {
		return c.refused(operation, a, aboutItem)
	}
	return nil
}
