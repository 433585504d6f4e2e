package graph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
)

const (
	attachmentName = "smime.p7m"
	attachmentType = "application/pkcs7-mime"
	// contentTypeProperty is PS_INTERNET_HEADERS Content-Type: how smime-type survives (MS-OXOSMIME 2.1.3.2).
	contentTypeProperty = "String {00020386-0000-0000-C000-000000000046} Name Content-Type"
	discardTimeout      = 15 * time.Second
)

// createLarge makes the draft that Exchange turns into our S/MIME message by MS-OXOSMIME 2.1.3.2: class
// IPM.Note.SMIME, no body, and exactly one attachment, the CMS without its base64.
//
//	header ─▶ JSON draft ─▶ one attachment (raw, or by upload session) ─▶ id
//	              └─ anything wrong ─▶ the draft is deleted again
func (c *Client) createLarge(ctx context.Context, mailbox string, mime io.Reader, size int64) (string, error) {
	sealed, err := openSealed(mime, size)
	if errors.Is(err, errNotEnveloped) {
		// A message in clear has no such way, and neither has another S/MIME type ("not supported", MS-OXOSMIME).
		return "", tooLarge(err)
	}
	if err != nil {
		return "", internal(err)
	}
	defer sealed.close()
	content, err := json.Marshal(sealed.head.draft())
	if err != nil {
		return "", internal(errors.New("graph: the draft cannot be written as JSON"))
	}
	const operation = "create_large_draft"
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.POST, template: "/users/{mailbox}/messages", values: map[string]string{"mailbox": mailbox},
		contentType: "application/json", content: content, timeout: callTimeout, limit: smallAnswer,
	})
	if err != nil {
		return "", silent(operation, err, aboutMailbox)
	}
	id, err := c.created(operation, a)
	if err != nil {
		return "", err
	}
	if err := c.attach(ctx, mailbox, id, sealed); err != nil {
		// Best effort: a draft without its attachment that stays behind is untidy, and never sent.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
		defer cancel()
		_ = c.Discard(ctx, mailbox, id)
		return "", err
	}
	return id, nil
}
