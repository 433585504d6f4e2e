package graph

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
)

// maxRetryAfter caps what a Retry-After may ask for: Graph's windows are 5 and 10 minutes (throttling-limits).
const maxRetryAfter = time.Hour

// refusal is a status that is not the documented one, in all that the log may know of it.
type refusal struct {
	operation string
	status    int
	code      string // Graph's error code, or ""
	requestID string
	detail    string // ours, or ""
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("graph %s: status %d", r.operation, r.status)
	for _, part := range []struct{ name, value string }{{"code", r.code}, {"request-id", r.requestID}, {"detail", r.detail}} {
		if part.value != "" {
			text += ", " + part.name + " " + part.value
		}
	}
	return text
}

// mailboxCodes are Graph's ways of saying that there is no such mailbox or user.
var mailboxCodes = []string{
	"ErrorInvalidUser", "ErrorNonExistentMailbox", "MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI",
	"Request_ResourceNotFound", "ResourceNotFound",
}

// about says what a call was for, where that changes what an answer means.
type about int

const (
	aboutMailbox   about = iota // a 404 is about the mailbox
	aboutItem                   // a 404 is about a message that we made
	aboutPerson                 // a 404 is about the caller
	aboutDirectory              // a search in the directory, which the application need not be allowed
	aboutSending                // repeating it would be a second mail: whatever does not plainly say no is unclear
)

// refused is the one table from an answer that is not accepted to a fault.
func (c *Client) refused(operation string, a *answer, on about) *fault.Fault {
	sending := on == aboutSending
	code, requestID := odataError(a.body)
	if requestID == "" {
		requestID = plainID(a.header.Get("request-id"))
	}
	f := fault.New(fault.Unavailable, "graph_unavailable", sayUnavailable,
		&refusal{operation: operation, status: a.status, code: code, requestID: requestID})
	set := func(kind fault.Kind, code string, say fault.Sentence) { f.Kind, f.Code, f.Say = kind, code, say }
	client := a.status >= 400 && a.status < 500
	switch {
	case a.status == http.StatusTooManyRequests:
		set(fault.Throttled, "graph_throttled", sayThrottled)
		f.RetryAfter = retryAfter(a.header.Get("Retry-After"), c.now())
	case a.status == http.StatusServiceUnavailable:
		set(fault.Unavailable, "graph_busy", sayUnavailable)
		f.RetryAfter = retryAfter(a.header.Get("Retry-After"), c.now())
	case a.status == http.StatusUnauthorized:
		// The token was refused, not the message: a new one may do, and the operator sees it in readiness and metrics.
		set(fault.Unavailable, "graph_token_refused", sayUnavailable)
	case a.status == http.StatusRequestEntityTooLarge, client && code == "ErrorMessageSizeExceeded":
		set(fault.TooLarge, "graph_too_large", sayTooLarge)
	case client && code == "ErrorSendAsDenied":
		set(fault.Rejected, "graph_send_as_denied", saySendAsDenied)
	case a.status == http.StatusForbidden && on == aboutDirectory:
		set(fault.Rejected, DirectoryForbidden, sayDirectoryForbidden)
	case a.status == http.StatusNotFound && on == aboutDirectory:
		set(fault.NotFound, "graph_entry_unknown", sayEntryUnknown)
	case a.status == http.StatusForbidden:
		set(fault.Rejected, "graph_forbidden", sayForbidden)
	case client && code == "ErrorInvalidRecipients":
		set(fault.Rejected, "graph_invalid_recipients", sayInvalidRecipients)
	case a.status == http.StatusInsufficientStorage, code == "ErrorQuotaExceeded":
		set(fault.Rejected, "graph_mailbox_full", sayMailboxFull)
	case a.status == http.StatusNotFound && on == aboutPerson:
		set(fault.Rejected, "graph_person_unknown", sayPersonUnknown)
	case a.status == http.StatusNotFound && (on == aboutMailbox || slices.Contains(mailboxCodes, code)):
		set(fault.Rejected, "graph_mailbox_unknown", sayMailboxUnknown)
	case a.status == http.StatusNotFound && on == aboutItem:
		// Our own half-made message is gone from under us; making it again is harmless.
	case sending && (a.status == http.StatusNotFound || code == "ErrorInvalidOperation"):
		// What Exchange says of a draft that is already on its way, or gone: it may well have been sent.
		set(fault.Unclear, "graph_draft_gone", sayUnclear)
	case client && a.status != http.StatusRequestTimeout && a.status != http.StatusConflict:
		set(fault.Rejected, "graph_refused", sayRefused)
	case sending:
		set(fault.Unclear, "graph_unclear", sayUnclear)
	}
	return f
}

// silent is the fault for no answer at all.
func silent(operation string, err error, on about) *fault.Fault {
	s, ok := errors.AsType[*silence](err)
	if !ok {
		return tokenFault(err)
	}
	cause := fmt.Errorf("graph %s: %w", operation, s)
	if on == aboutSending && s.asked {
		return fault.New(fault.Unclear, "graph_unclear", sayUnclear, cause)
	}
	return fault.New(fault.Unavailable, "graph_unavailable", sayUnavailable, cause)
}

// unreadable is the fault for an accepted status with an answer that cannot be used.
func unreadable(operation string, a *answer, err error) *fault.Fault {
	return fault.New(fault.Unavailable, "graph_unreadable", sayUnavailable, &refusal{
		operation: operation, status: a.status, requestID: plainID(a.header.Get("request-id")), detail: err.Error()})
}

// retryAfter reads RFC 9110 section 10.2.3, seconds or a date. What is missing or odd is 0, unknown.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// odataError takes the code and the request-id out of an error body, and nothing else: the message may hold addresses.
// The fields are read one by one, because the SDK's reader gives up the whole error for one odd field (a date, say),
// and its Error() panics without a message. The recover is for the same reason: between a POST and the note of its
// outcome there is no place for a panic over somebody else's bytes.
func odataError(text []byte) (code, requestID string) {
	defer func() {
		if recover() != nil {
			code, requestID = "", ""
		}
	}()
	root, err := jsonserialization.NewJsonParseNode(text)
	if err != nil || root == nil {
		return "", ""
	}
	node, err := root.GetChildNode("error")
	if err != nil || node == nil {
		return "", ""
	}
	said := odataerrors.NewMainError()
	for name, set := range said.GetFieldDeserializers() {
		if name != "code" && name != "innerError" {
			continue
		}
		if field, err := node.GetChildNode(name); err == nil && field != nil {
			// An odd field stays unread.
			_ = set(field)
		}
	}
	if said.GetCode() != nil {
		code = plainID(*said.GetCode())
	}
	if inner := said.GetInnerError(); inner != nil && inner.GetRequestId() != nil {
		requestID = plainID(*inner.GetRequestId())
	}
	return code, requestID
}

// maxID is longer than any error code or request-id (a UUID) of Graph.
const maxID = 64

// plainID lets through what looks like an error code or a UUID, so that no address rides into the log as one.
func plainID(s string) string {
	if len(s) > maxID {
		return ""
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return ""
		}
	}
	return s
}
