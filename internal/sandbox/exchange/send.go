package exchange

import (
	"io"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	retryAfterSeconds = 1
	// throttledAttempts is how often a draft to throttled@ is turned away.
	throttledAttempts = 2
)

// sendMessage accepts a draft and sends it a little later.
func (s *Server) sendMessage(c *call) {
	s.mu.Lock()
	outcome := s.trySend(c)
	s.mu.Unlock()
	outcome()
}

// trySend decides under the lock and returns the answer to give without it.
func (s *Server) trySend(c *call) (answer func()) {
	id := c.r.PathValue("id")
	i := c.box.find(id)
	refuse := func(status int, code, message string) func() { return func() { c.refuse(status, code, message) } }
	retry := func(status int, code string) func() {
		return func() {
			c.w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
			c.refuse(status, code, "Try again later.")
		}
	}
	// Not known of the real one: what a second /send says (docs-contrib#921). Either is plausible, so both occur.
	switch {
	case i == nil:
		return c.noItem
	case i.leaving:
		return c.noItem
	case !i.draft:
		return refuse(http.StatusBadRequest, "ErrorInvalidOperation", "The item is not a draft.")
	}
	to := i.recipients()
	if len(to) == 0 || slices.ContainsFunc(to, func(address string) bool { return !deliverable(address) }) {
		return refuse(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient is not valid.")
	}
	if i.message.From != nil && !strings.EqualFold(i.message.From.EmailAddress.Address, c.box.Address) {
		return refuse(http.StatusForbidden, "ErrorSendAsDenied", "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.")
	}
	i.attempts++
	switch weather := weatherOf(to); {
	case weather == "rejected":
		return refuse(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient is not valid.")
	case weather == "throttled" && i.attempts <= throttledAttempts:
		return retry(http.StatusTooManyRequests, "ApplicationThrottled")
	case weather == "busy" && i.attempts == 1:
		return retry(http.StatusServiceUnavailable, "ErrorServerBusy")
	case weather == "timeout-not-sent" && i.attempts == 1:
		return refuse(http.StatusGatewayTimeout, "UnknownError", "")
	case weather == "timeout-but-sent":
		s.dispatch(c.box, i)
		return refuse(http.StatusGatewayTimeout, "UnknownError", "")
	case weather == "dropped":
		s.dispatch(c.box, i)
		return c.drop
	case weather == "vanished" && s.tried("vanished", i.message.InternetMessageID) == 1:
		c.box.items = slices.DeleteFunc(c.box.items, func(other *item) bool { return other == i })
		return refuse(http.StatusGatewayTimeout, "UnknownError", "")
	}
	s.dispatch(c.box, i)
	return func() { c.w.WriteHeader(http.StatusAccepted) }
}

// weatherOf is the first magic local part among the recipients that acts on /send.
func weatherOf(to []string) string {
	for _, name := range []string{"rejected", "throttled", "busy", "timeout-not-sent", "timeout-but-sent", "dropped", "vanished"} {
		if isAmong(to, name) {
			return name
		}
	}
	return ""
}

// deliverable is what Exchange would not turn away at once.
func deliverable(address string) bool {
	parsed, err := mail.ParseAddress("<" + address + ">")
	return err == nil && parsed.Address == address
}

// recipients are To, Cc, and (for a message made of JSON) Bcc, each address once.
func (i *item) recipients() []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range slices.Concat(i.message.To, i.message.Cc, i.message.Bcc) {
		if address := r.EmailAddress.Address; !seen[strings.ToLower(address)] {
			seen[strings.ToLower(address)] = true
			out = append(out, address)
		}
	}
	return out
}

// dispatch hands the draft to transport. The caller holds the lock.
func (s *Server) dispatch(b *box, i *item) {
	i.leaving = true
	s.later(func(now time.Time) {
		i.draft, i.leaving, i.sent, i.received = false, false, now, now
		// The immutable id stays, the regular one does not (outlook-immutable-id).
		i.move("sentitems")
		s.deliver(b, i, i.recipients(), now)
	})
}

// later does what transport does after its delay, under the lock, and not after the end. The caller holds the lock.
func (s *Server) later(transport func(now time.Time)) {
	if s.closed {
		return
	}
	s.sending.Add(1)
	time.AfterFunc(s.config.SendDelay, func() {
		defer s.sending.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed {
			transport(s.config.Now())
		}
	})
}

// drop breaks the connection in the middle of the status line.
func (c *call) drop() {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 20")
	_ = conn.Close()
}
