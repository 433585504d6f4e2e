package graph

import (
	"context"
	"errors"
	"io"
	"net/http"
	"unicode"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// trapFrom is the least size from which a 200 to a MIME draft is read as "too large". The trap was met at the 4 MB
// limit (graph-docs#13979); a 200 to a small message is something else, such as a proxy's own page.
const trapFrom = 1 << 20

// CreateDraft stores mime, a complete RFC 5322 message of ours of exactly size bytes, as a draft in the mailbox and
// returns its immutable id. Nothing is sent by it, and a second draft of the same message is harmless, so every fault
// that is not a plain no is Unavailable. For a copy above MaxMIME mime is read twice if it is an io.ReadSeeker, and
// through a temporary file (sealed bytes only) if it is not.
func (c *Client) CreateDraft(ctx context.Context, mailbox string, mime io.Reader, size int64) (string, error) {
	if !isSegment(mailbox) {
		return "", badMailbox()
	}
	switch {
	case size <= 0:
		return "", internal(errShort)
	case size > c.MaxMessage():
		return "", tooLarge(nil)
	case size > MaxMIME:
		return c.createLarge(ctx, mailbox, mime, size)
	}
	source := &exact{source: mime, left: size}
	const operation = "create_draft"
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.POST, template: "/users/{mailbox}/messages", values: map[string]string{"mailbox": mailbox},
		// text/plain, exactly, is what makes it MIME (outlook-send-mime-message).
		contentType: "text/plain", stream: &encoding{source: source}, size: encodedLen(size),
		timeout: bodyTimeout, limit: smallAnswer,
	})
	if err != nil {
		if source.err != nil {
			return "", internal(source.err)
		}
		return "", silent(operation, err, aboutMailbox)
	}
	if a.status == http.StatusOK && size >= trapFrom {
		return "", tooLarge(&refusal{operation: operation, status: a.status, requestID: plainID(a.header.Get("request-id"))})
	}
	return c.created(operation, a)
}

// created takes the id out of a 201, the one documented status of every create.
func (c *Client) created(operation string, a *answer) (string, error) {
	if a.status != http.StatusCreated {
		return "", c.refused(operation, a, aboutMailbox)
	}
	var made item
	err := a.decode(&made)
	if err == nil && !isSegment(made.ID) {
		err = errors.New("the answer has no usable id")
	}
	if err != nil {
		return "", unreadable(operation, a, err)
	}
	return made.ID, nil
}

// item is what we ask to see of a message.
type item struct {
	ID           string      `json:"id"`
	IsDraft      *bool       `json:"isDraft"`
	ToRecipients []recipient `json:"toRecipients"`
	CcRecipients []recipient `json:"ccRecipients"`
}

type recipient struct {
	EmailAddress emailAddress `json:"emailAddress"`
}

type emailAddress struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// maxSegment is far above an immutable id (about 150 characters) and a mailbox address (320, RFC 5321 section 4.5.3.1).
const maxSegment = 1024

// isSegment says that s can stand as one segment of a path. The template percent-encodes everything but letters,
// digits and "-._~", so only the dot segments (RFC 3986 section 5.2.4) and emptiness could make another path of it.
func isSegment(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > maxSegment || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

func badMailbox() *fault.Fault {
	return fault.New(fault.Rejected, "graph_mailbox_unknown", sayMailboxUnknown, errors.New("graph: not a mailbox name"))
}

func tooLarge(cause error) *fault.Fault {
	return fault.New(fault.TooLarge, "graph_too_large", sayTooLarge, cause)
}

// internal is for what is wrong before Graph is asked, on our side: a spool that cannot be read, a wrong size.
func internal(cause error) *fault.Fault {
	return fault.New(fault.Internal, "graph_source", sayInternal, cause)
}
