package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/mail"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// Note is a finished message for the mailbox itself: a receipt or an error report.
type Note struct {
	Subject, HTML     string
	From              mail.Address
	At                time.Time
	InternetMessageID string // "<…>"; what makes PutNotice idempotent
	InReplyTo         string // "<…>" of the message it is about, or ""
}

// maxNotice is the largest request for a notice: Graph's 4 MB, with the headroom of MaxMIME.
const maxNotice = 3_900_000

// property is a MAPI property by Graph's name for it.
type property struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// The MAPI properties that Graph honours at creation, where it ignores its own names for the same things (facts:
// DavMail PR #517). 0x0E07 is PidTagMessageFlags (MS-OXCMSG 2.2.1.6): mfRead without mfUnsent makes it a received
// message; nothing can do that later. isRead below asks for it to be shown as unread all the same.
const (
	propFlags        = "Integer 0x0E07"
	propDelivered    = "SystemTime 0x0E06"
	propSubmitted    = "SystemTime 0x0039"
	propInReplyTo    = "String 0x1042"
	propReferences   = "String 0x1039"
	propMessageClass = "String 0x001A"
	flagRead         = "1"
)

type messageBody struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

// PutNotice creates a finished HTML message in the mailbox's Inbox and returns its immutable id. A message with the same
// Message-ID anywhere in the mailbox is taken for it, so a repetition after an unclear answer makes no second one,
// and a receipt that somebody has filed or deleted does not come back.
func (c *Client) PutNotice(ctx context.Context, mailbox string, n Note) (string, error) {
	if !isSegment(mailbox) {
		return "", badMailbox()
	}
	if n.InternetMessageID == "" {
		return "", internal(errors.New("graph notice: no Message-ID"))
	}
	found, err := c.search(ctx, "find_notice", mailbox, "", n.InternetMessageID, func(i item) bool { return !*i.IsDraft })
	if err != nil {
		return "", err
	}
	if found != nil {
		return found.ID, nil
	}
	at := n.At.UTC().Format(time.RFC3339)
	properties := []property{{propFlags, flagRead}, {propDelivered, at}, {propSubmitted, at}}
	if n.InReplyTo != "" {
		properties = append(properties, property{propInReplyTo, n.InReplyTo}, property{propReferences, n.InReplyTo})
	}
	from := recipient{emailAddress{Name: n.From.Name, Address: n.From.Address}}
	content, err := json.Marshal(struct {
		Subject           string      `json:"subject"`
		Body              messageBody `json:"body"`
		From              recipient   `json:"from"`
		Sender            recipient   `json:"sender"`
		To                []recipient `json:"toRecipients"`
		InternetMessageID string      `json:"internetMessageId"`
		IsRead            bool        `json:"isRead"`
		Properties        []property  `json:"singleValueExtendedProperties"`
	}{n.Subject, messageBody{"html", n.HTML}, from, from, []recipient{from}, n.InternetMessageID, false, properties})
	if err != nil {
		return "", internal(errors.New("graph notice: cannot be written as JSON"))
	}
	if len(content) > maxNotice {
		return "", tooLarge(nil)
	}
	const operation = "create_notice"
	a, err := c.call(ctx, request{
		operation: operation, mailbox: mailbox,
		method: abstractions.POST, template: "/users/{mailbox}/mailFolders/inbox/messages", values: map[string]string{"mailbox": mailbox},
		contentType: "application/json", content: content, timeout: bodyTimeout, limit: int64(maxNotice) + smallAnswer, // the answer repeats the body
	})
	if err != nil {
		return "", silent(operation, err, aboutMailbox)
	}
	return c.created(operation, a)
}
