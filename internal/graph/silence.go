package graph

import (
	"context"
	"errors"
	"net"
)

// silence is no answer. asked says that something may have reached Graph.
type silence struct {
	reason string
	id     string // our client-request-id, by which support may still find it
	asked  bool
	cause  error // context.Canceled, context.DeadlineExceeded, or nil: never a text that holds the URL
}

func (s *silence) Error() string {
	if s.id == "" {
		return s.reason
	}
	return s.reason + ", client-request-id " + s.id
}

func (s *silence) Unwrap() error { return s.cause }

// networkReason puts an error of net/http into words of ours: its own hold the URL, and so the mailbox and the id.
func networkReason(err error) string {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled by the caller"
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return "no answer in time"
	case isDial(err):
		return "no connection"
	default:
		return "the connection broke"
	}
}

func isDial(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

func sentinel(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}
