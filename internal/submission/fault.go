package submission

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"github.com/emersion/go-smtp"
)

const (
	// connectionPause is after "too many connections": a message of a few megabytes is through by then.
	connectionPause = 20 * time.Second
	// ratePause is the window of Exchange's 30 messages a minute.
	ratePause = time.Minute
	// busyPause is after another passing refusal (RFC 5321 section 4.5.4.1 would have a relay wait half an hour; this is a
	// person's mail, and the queue doubles its pauses).
	busyPause = 30 * time.Second
)

// refusal is an answer that is not the one wanted, in all that the log may know of it.
type refusal struct {
	at       string
	code     int
	enhanced smtp.EnhancedCode
}

func (r *refusal) Error() string {
	if r.enhanced == (smtp.EnhancedCode{}) {
		return fmt.Sprintf("submission %s: answer %d", r.at, r.code)
	}
	return fmt.Sprintf("submission %s: answer %d %d.%d.%d", r.at, r.code, r.enhanced[0], r.enhanced[1], r.enhanced[2])
}

// codeOf is the code of the answer behind a fault, or 0.
func codeOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.code
	}
	return 0
}

// silence is no answer, or none that can be read.
type silence struct {
	at, reason string
	cause      error // context.Canceled, context.DeadlineExceeded, or nil
}

func (s *silence) Error() string { return "submission " + s.at + ": " + s.reason }
func (s *silence) Unwrap() error { return s.cause }

// failed is the fault for an error at a command. The context says whether the connection broke or was broken.
func failed(ctx context.Context, at string, err error) *fault.Fault {
	answer, ok := errors.AsType[*smtp.SMTPError](err)
	if ok && answer.Code >= 400 && answer.Code < 600 {
		return refused(&refusal{at: at, code: answer.Code, enhanced: answer.EnhancedCode})
	}
	s := &silence{at: at, reason: networkReason(err)}
	if cause := ctx.Err(); cause != nil {
		s.cause, s.reason = cause, networkReason(cause)
	} else if ok {
		s.reason = "an answer that belongs to another command"
	}
	if at == atDot {
		return fault.New(fault.Unclear, "submission_unclear", sayUnclear, s)
	}
	return fault.New(fault.Unavailable, "submission_unavailable", sayUnavailable, s)
}

// refused is the one table from an answer of 4xx or 5xx to a fault. After the dot, too, such an answer says that the server
// has not taken the message (RFC 5321 section 4.2.5).
func refused(r *refusal) *fault.Fault {
	f := fault.New(fault.Unavailable, "submission_unavailable", sayUnavailable, r)
	set := func(kind fault.Kind, code string, say fault.Sentence) { f.Kind, f.Code, f.Say = kind, code, say }
	is := func(subject, detail int) bool { return r.enhanced[1] == subject && r.enhanced[2] == detail }
	permanent := r.code >= 500
	switch {
	case r.at == atAuth && is(7, 139):
		// SMTP AUTH is switched off for the tenant or the mailbox: an administrator's to mend.
		set(fault.Rejected, "submission_disabled", sayDisabled)
	case r.at == atAuth || r.code == 530 || r.code == 535:
		// The token was refused, not the message: a new one may do, and the operator sees it in readiness and metrics.
		set(fault.Unavailable, "submission_token_refused", sayUnavailable)
	case r.at == atStartTLS:
		// Whatever is said before there is TLS is about the server, and nobody has vouched for it.
		f.RetryAfter = busyPause
	case r.code == 432:
		set(fault.Throttled, "submission_throttled", sayThrottled)
		f.RetryAfter = connectionPause
	case !permanent && r.enhanced[1] == 7:
		// 4.7.x is a policy that passes: the rate of messages.
		set(fault.Throttled, "submission_throttled", sayThrottled)
		f.RetryAfter = ratePause
	case !permanent:
		f.RetryAfter = busyPause
	case r.code == 552, is(3, 4), is(2, 3):
		// RFC 3463: 5.3.4 too big for the system, 5.2.3 for the mailbox.
		set(fault.TooLarge, "submission_too_large", sayTooLarge)
	case is(1, 90):
		set(fault.Rejected, "submission_daily_limit", sayDailyLimit)
	case is(7, 60), is(2, 252):
		set(fault.Rejected, "submission_send_as_denied", saySendAsDenied)
	case r.at == atRcpt, r.enhanced[1] == 1:
		set(fault.Rejected, "submission_invalid_recipients", sayRecipients)
	default:
		set(fault.Rejected, "submission_refused", sayRefused)
	}
	return f
}

// internal is for what is wrong on our side before anything has left: a spool that cannot be read, a wrong size.
func internal(cause error) *fault.Fault {
	return fault.New(fault.Internal, "submission_source", sayInternal, cause)
}
